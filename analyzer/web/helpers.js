'use strict';

// What the pages share. Text never becomes HTML.

const byId = (id) => document.getElementById(id);

/** An element with text or children; attributes by name. Text is never parsed as HTML. */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

async function getJson(path) {
  const response = await fetch(path, {headers: {Accept: 'application/json'}});
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}

/** 1234567 -> "1.23 M"; three significant digits. */
function humanNumber(value) {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  for (const [limit, suffix] of [[1e12, ' T'], [1e9, ' G'], [1e6, ' M'], [1e4, ' k']]) {
    if (size >= limit) return Number((value / (suffix === ' k' ? 1e3 : limit)).toPrecision(3)) + suffix;
  }
  return String(Number(value.toPrecision(3)));
}
