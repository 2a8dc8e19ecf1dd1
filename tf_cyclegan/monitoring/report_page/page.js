"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);

// The reader's choices survive a reload.
const KEY = `tf_cyclegan ${location.pathname}`;
const state = { picture: 0, divider: 50, epoch: null, settings: false, scroll: 0, focus: "" };
try { Object.assign(state, JSON.parse(sessionStorage.getItem(KEY))); } catch { /* Storage may be forbidden. */ }

function keep() {
  state.scroll = window.scrollY;
  state.focus = document.activeElement.id;
  try { sessionStorage.setItem(KEY, JSON.stringify(state)); } catch { /* Storage may be forbidden. */ }
}

function showComparison() {
  const stage = find("stage");
  const divider = find("divider");

  function move(percent) {
    state.divider = Math.min(100, Math.max(0, percent));
    stage.style.setProperty("--at", `${state.divider}%`);
    divider.value = state.divider;
    divider.setAttribute("aria-valuetext", `${Math.round(state.divider)} percent input`);
  }

  function choose(number) {
    state.picture = number;
    const picture = data.pictures[number];
    for (const side of ["before", "after"]) {
      find(side).src = picture[side];
      find(side).alt = `Picture ${picture.number}: ${picture[`${side}_name`]}`;
      find(side).classList.toggle("small-pixels", picture.pixelated);
      find(`${side}-name`).textContent = picture[`${side}_name`];
    }
  }

  function drag(event) {
    const box = stage.getBoundingClientRect();
    move((100 * (event.clientX - box.left)) / box.width);
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true, focusVisible: false });
    drag(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) drag(event);
  });
  divider.addEventListener("input", () => move(Number(divider.value)));

  const groups = {};
  data.pictures.forEach((picture, i) => {
    if (!groups[picture.direction]) {
      const group = add(find("choices"), "fieldset");
      add(group, "legend", {}, picture.direction);
      groups[picture.direction] = add(group, "div");
    }
    const label = add(groups[picture.direction], "label");
    const input = add(label, "input", { type: "radio", name: "picture", value: i });
    const alt = `Picture ${picture.number}, ${picture.direction}`;
    const thumb = add(label, "img", { src: picture.after, alt });
    thumb.classList.toggle("small-pixels", picture.pixelated);
    input.addEventListener("change", () => choose(i));
  });
  const chosen = Math.min(state.picture, data.pictures.length - 1);
  find("choices").querySelectorAll("input")[chosen].checked = true;
  choose(chosen);
  move(state.divider);
  find("compare").hidden = false;
}

function showSheets() {
  const slider = find("epoch");
  const play = find("play");
  const newest = data.sheets.length - 1;
  const pictures = find("sheet").querySelectorAll("img");
  let sharpen = 0;
  let playing = 0;

  function show(index) {
    const sheet = data.sheets[index];
    slider.value = index;
    state.epoch = index === newest ? null : sheet.epoch;
    find("epoch-name").textContent = `epoch ${sheet.epoch}`;
    slider.setAttribute("aria-valuetext", `epoch ${sheet.epoch}`);
    find("sheet").href = sheet.full;
    pictures.forEach((picture, i) => {
      picture.src = sheet.small;
      picture.alt = `Epoch ${sheet.epoch}, ${["A to B", "B to A"][i]}: input, translation, translated back`;
    });
    clearTimeout(sharpen);
    sharpen = setTimeout(() => {
      const full = new Image();
      full.addEventListener("load", () => {
        if (Number(slider.value) === index) pictures.forEach((picture) => { picture.src = full.src; });
      });
      full.src = sheet.full;
    }, 300);
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  slider.max = newest;
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  play.addEventListener("click", () => {
    if (playing) { stop(); return; }
    if (Number(slider.value) === newest) show(0);
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    playing = setInterval(() => {
      if (Number(slider.value) === newest) stop();
      else show(Number(slider.value) + 1);
    }, 250);
  });
  let index = newest;
  if (state.epoch !== null) {
    const after = data.sheets.findIndex((sheet) => sheet.epoch >= state.epoch);
    if (after >= 0) index = after;
  }
  show(index);
  find("samples").hidden = false;
  return () => playing !== 0;
}

function showTimes() {
  for (const time of document.querySelectorAll("time")) {
    const options = { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Date(time.dateTime).toLocaleString(undefined, options);
  }
}

// During training a visible page reloads about once an epoch, unless something is being dragged or
// played; less and less often if the run has stopped writing.
function refresh(busy) {
  const began = Date.now();
  let held = false;
  addEventListener("pointerdown", () => { held = true; });
  addEventListener("pointerup", () => { held = false; });
  addEventListener("pointercancel", () => { held = false; });
  setInterval(() => {
    const silent = (began - data.updated) / 1000;
    const wait = Math.min(600, Math.max(15, data.epoch_seconds, silent / 4));
    if (document.hidden || held || busy() || Date.now() - began < 1000 * wait) return;
    keep();
    location.reload();
  }, 1000);
}

const settings = find("settings");
settings.open = state.settings;
settings.addEventListener("toggle", () => { state.settings = settings.open; });
showTimes();
if (data.pictures.length) showComparison();
const busy = data.sheets.length ? showSheets() : () => false;
if (data.epochs.length) drawCharts(find("charts"), data.panels, data.epochs);
addEventListener("pagehide", keep);
if (!data.finished) refresh(busy);
if (performance.getEntriesByType("navigation")[0].type === "reload") {
  window.scrollTo(0, state.scroll);
  find(state.focus)?.focus({ preventScroll: true });
}
