"use strict";
// Draws every <canvas data-plot="address">: JSON {type, stacked, labels, sets: [{label, values}]}.
const COLOURS = ["#2a6b46", "#c98a1b", "#3d6ea8", "#8a4f9e", "#a33b2b", "#5b6b62"];

async function draw(canvas) {
  const answer = await fetch(canvas.dataset.plot, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const plot = await answer.json();
  const ink = getComputedStyle(document.body).color;
  const axis = { stacked: Boolean(plot.stacked), ticks: { color: ink }, grid: { color: "#8883" } };
  new Chart(canvas, {
    type: plot.type,
    data: {
      labels: plot.labels,
      datasets: plot.sets.map((set, n) => ({
        label: set.label,
        data: set.values,
        backgroundColor: COLOURS[n % COLOURS.length],
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { labels: { color: ink } } },
      scales: { x: axis, y: { ...axis, beginAtZero: true } },
    },
  });
}

for (const canvas of document.querySelectorAll("canvas[data-plot]")) draw(canvas);
