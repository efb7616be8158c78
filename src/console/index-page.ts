/** Two arrows, one down and one up: what a node does. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%231f6feb'/%3E%3Cpath d='M5 3v8m-2-2 2 2 2-2M11 13V5M9 7l2-2 2 2' stroke='%23fff' stroke-width='1.6' fill='none'/%3E%3C/svg%3E";

/** The one page; all routes are drawn by the script. Nothing inline: the policy of the listener forbids it. */
export const indexPage = (script: string, style: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>bft</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${style}">
<script type="module" src="${script}"></script>
<div id="app"></div>
<noscript>This page needs JavaScript. The command line shows the same: bft ls</noscript>
</html>
`;
