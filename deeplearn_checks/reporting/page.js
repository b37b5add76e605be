
(function () {
  "use strict";
  function all(selector, inside) { return Array.from((inside || document).querySelectorAll(selector)); }
  function reveal() {
    var name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch (malformed) { return; }
    var there = name && document.getElementById(name);
    var box = there && there.closest("details");
    if (box) { box.hidden = false; box.open = true; there.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
  var filters = document.getElementById("filters");
  var field = document.getElementById("search");
  var told = document.getElementById("told");
  var rows = all(".diagnostics details");
  function chosen(name) {
    return all("input[name=" + name + "]:checked", filters).map(function (box) { return box.value; });
  }
  function narrow() {
    var words = field.value.toLowerCase().split(/\s+/);
    var outcomes = chosen("outcome");
    var severities = chosen("severity");
    var shown = 0;
    rows.forEach(function (row) {
      var said = row.textContent.toLowerCase();
      row.hidden = outcomes.indexOf(row.dataset.outcome) < 0 || severities.indexOf(row.dataset.severity) < 0 ||
        !words.every(function (word) { return said.includes(word); });
      shown += row.hidden ? 0 : 1;
    });
    all(".diagnostics").forEach(function (area) { area.hidden = !area.querySelector("details:not([hidden])"); });
    told.textContent = shown + " of " + rows.length + " shown";
  }
  filters.hidden = false;
  filters.addEventListener("input", narrow);
  filters.addEventListener("submit", function (event) { event.preventDefault(); });
  filters.addEventListener("reset", function () { setTimeout(narrow); });
  narrow();
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = all("details.broken:not([open]), figure details:not([open])");
    opened.forEach(function (box) { box.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (box) { box.open = false; }); });
})();
