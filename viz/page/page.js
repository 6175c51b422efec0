"use strict";
(() => {
  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const boxes = document.querySelectorAll(".chart");
  const touched = matchMedia("(pointer: coarse)").matches;

  // Charts take their colours from the page: they follow it into the dark and onto paper.
  function dressed(layout) {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      automargin: true, gridcolor: colour("line"), linecolor: colour("line"), zeroline: false,
    };
    return {
      hovermode: "closest",
      dragmode: touched ? false : "zoom", // a finger scrolls the page
      height: 340,
      ...layout,
      autosize: true,
      font: { color: colour("ink"), size: 12 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 48, r: 10, t: 10, b: 40 },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", ...layout.legend },
      hoverlabel: { align: "left", bgcolor: colour("card"), font: { color: colour("ink") } },
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
  }

  function draw() {
    boxes.forEach((box, i) => {
      const { data, layout } = structuredClone(charts[i]);
      Plotly.newPlot(box, data, dressed(layout), { responsive: true, displayModeBar: false });
    });
  }

  function choose(row) {
    const rows = [...row.closest("table").querySelectorAll("tr[data-key]")];
    const pictures = row.closest(".table").querySelectorAll(".pictures");
    rows.forEach((other, i) => {
      other.setAttribute("aria-selected", other === row);
      pictures[i].hidden = other !== row;
    });
  }

  for (const row of document.querySelectorAll("tr[data-key]")) {
    const chosen = () => {
      choose(row);
      history.replaceState(null, "", `#${encodeURIComponent(row.dataset.key)}`);
    };
    row.addEventListener("click", chosen);
    row.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        chosen();
      }
    });
    // A page that was read again shows what it showed before.
    if (location.hash === `#${encodeURIComponent(row.dataset.key)}`) choose(row);
  }

  addEventListener("beforeprint", () => {
    root.classList.add("paper");
    for (const details of document.querySelectorAll("details")) details.open = true;
    draw();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("paper");
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
  const { reload } = root.dataset;
  if (reload) setTimeout(() => location.reload(), 1000 * Number(reload));
})();
