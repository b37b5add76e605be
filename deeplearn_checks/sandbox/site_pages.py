"""The pages of the sandboxed Pages site, by path: what a browser needs to show them comes from the site itself."""

from __future__ import annotations

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/site.css">
</head>
<body>
<header><a href="/">DeepLearn</a></header>
<main>
{main}
</main>
</body>
</html>
"""

_HOME = """<h1>AI for doctors, learned by doing</h1>
<p>Courses on productivity, research and entrepreneurship.</p>
<p><a href="/learn/">Learner sign-in</a></p>"""

_APP = """<div id="app"><noscript><p>This page needs JavaScript.</p></noscript></div>
<script src="/assets/sign-in.js" defer></script>
<script src="/assets/{script}" defer></script>"""

_CSS = """body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #12355b; }
header, main { max-width: 48rem; margin: 0 auto; padding: 1rem; }
section { border: 1px solid #c9d6e4; border-radius: 8px; padding: 1rem; }
"""

_SIGN_IN = """"use strict";
function signIn(heading, invitation) {
  document.getElementById("app").innerHTML = `
    <h1></h1>
    <section id="sign-in" aria-labelledby="sign-in-title">
    <h2 id="sign-in-title">Sign in</h2>
    <p id="invitation"></p>
    <form id="sign-in-form">
    <label for="email">E-mail</label>
    <input id="email" name="email" type="email" autocomplete="username" required>
    <button type="submit">Sign in</button>
    </form>
    <p id="sign-in-status" role="status"></p>
    </section>`;
  document.querySelector("h1").textContent = heading;
  document.getElementById("invitation").textContent = invitation;
  document.getElementById("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    document.getElementById("sign-in-status").textContent = "This account is not known here.";
  });
}
"""

_CONSOLE = """"use strict";
signIn("Operations Console", "Operators sign in to see the console.");
"""

_LEARN = """"use strict";
signIn("Learner Hub", "Learners sign in to see their courses.");
fetch("/api/content/posts?limit=20").then((answer) => answer.json()).then(({ posts }) => {
  const news = document.createElement("ul");
  news.setAttribute("aria-label", "News");
  for (const post of posts) {
    news.appendChild(document.createElement("li")).textContent = post.title;
  }
  document.getElementById("app").appendChild(news);
});
"""

_ROBOTS = """User-agent: *
Disallow: /console/
Sitemap: {origin}/sitemap.xml
"""

_SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>{origin}/</loc></url>
<url><loc>{origin}/learn/</loc></url>
</urlset>
"""

NOT_FOUND = _PAGE.format(title="Not found | DeepLearn", main="<h1>Page not found</h1>")
"""What the site answers with status 404."""

PAGES = {
    "/": _PAGE.format(title="DeepLearn", main=_HOME),
    "/console/": _PAGE.format(title="Console | DeepLearn", main=_APP.format(script="console.js")),
    "/learn/": _PAGE.format(title="Learn | DeepLearn", main=_APP.format(script="learn.js")),
    "/robots.txt": _ROBOTS,
    "/sitemap.xml": _SITEMAP,
    "/assets/site.css": _CSS,
    "/assets/sign-in.js": _SIGN_IN,
    "/assets/console.js": _CONSOLE,
    "/assets/learn.js": _LEARN,
}
"""The texts by path; `{origin}` in robots.txt and the sitemap stands for the site's own origin."""
