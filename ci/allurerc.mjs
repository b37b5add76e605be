// Allure's page in one file. Allure 3 reads categories from here, not from the results: hand them on.
import { existsSync, readFileSync } from "node:fs";

const categories = "build/allure-results/categories.json";

export default {
  name: "DeepLearn readiness",
  output: "build/allure-report",
  historyPath: "build/allure-history.jsonl",
  historyLimit: 20,
  ...(existsSync(categories) && { categories: JSON.parse(readFileSync(categories, "utf8")) }),
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        reportName: "DeepLearn readiness",
        reportLanguage: "en",
        groupBy: ["feature", "story"],
      },
    },
  },
};
