// Allure 3's configuration: what plan.json, beside this file, says. Categories come from here, not from the results.
import { readFileSync } from "node:fs";

const { label, environments, fallback, ...plan } = JSON.parse(readFileSync(new URL("plan.json", import.meta.url), "utf8"));

const namedBy = (labels) => labels.find(({ name }) => name === label)?.value ?? fallback;

export default {
  ...plan,
  environments: Object.fromEntries(
    environments.map((name, index) => [`e${index}`, { name, matcher: ({ labels }) => namedBy(labels) === name }]),
  ),
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        reportName: plan.name,
        reportLanguage: "en",
        groupBy: ["feature", "story"],
      },
    },
  },
};
