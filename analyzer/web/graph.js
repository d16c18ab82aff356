'use strict';

// Where the links of alerts lead: one expression, drawn over a window and as a table, with Prometheus's parameters
// (g0.expr, g0.range_input, g0.end_input).

const MAX_LINES = 50;
const POINTS = 400;
const RANGES = {'15m': 900, '1h': 3600, '6h': 21600, '1d': 86400};
const SVG = 'http://www.w3.org/2000/svg';

function seriesName(metric) {
  const {__name__: name = '', ...labels} = metric;
  return `${name}{${Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`;
}

const hue = (index) => `hsl(${(index * 137) % 360} 65% 50%)`;

function svgElement(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Lines through [seconds, value] points. A gap of more than two steps breaks a line. */
function drawLines(series, start, end, step) {
  const values = series.flatMap(({values}) => values.map(([, value]) => Number(value))).filter(Number.isFinite);
  let [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  if (low > high) return null;
  if (low === high) [low, high] = [low - 1, high + 1];
  const svg = svgElement('svg', {viewBox: '0 0 1000 300', preserveAspectRatio: 'none', role: 'img'});
  series.forEach(({values: points}, index) => {
    let path = '';
    let last = null;
    for (const [time, text] of points) {
      const value = Number(text);
      if (!Number.isFinite(value)) continue;
      const x = (time - start) / (end - start) * 1000;
      const y = 295 - (value - low) / (high - low) * 290;
      // One that begins has a dot, in case it is the only one.
      path += last !== null && time - last <= 2 * step ? `L${x.toFixed(1)} ${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}h.1`;
      last = time;
    }
    svg.append(svgElement('path', {d: path, stroke: hue(index)}));
  });
  return {svg, low, high};
}

async function ask(path, parameters) {
  const response = await fetch(`${path}?${new URLSearchParams(parameters)}`);
  const body = await response.json();
  if (body.status !== 'success') throw new Error(body.error);
  return body.data.result;
}

async function execute() {
  const query = byId('expr').value;
  const range = RANGES[byId('range').value];
  const end = Math.floor(Date.parse(`${new URLSearchParams(location.search).get('g0.end_input')}Z`) / 1000) || Math.floor(Date.now() / 1000);
  const step = Math.max(1, Math.ceil(range / POINTS));
  byId('status').textContent = 'asking…';
  byId('form-error').textContent = '';
  try {
    const [lines, now] = await Promise.all([
      ask('/api/v1/query_range', {query, start: end - range, end, step}), ask('/api/v1/query', {query, time: end})]);
    const drawn = drawLines(lines.slice(0, MAX_LINES), end - range, end, step);
    byId('chart').replaceChildren(drawn ? drawn.svg : element('p', {class: 'empty'}, 'No samples in this window.'));
    byId('bounds').textContent = drawn ? `${humanNumber(drawn.low)} to ${humanNumber(drawn.high)}, ` +
      `${new Date((end - range) * 1000).toLocaleString()} to ${new Date(end * 1000).toLocaleString()}` : '';
    const rows = Array.isArray(now[0]) || typeof now[0] === 'number' ? [{metric: {}, value: now}] : now;
    byId('series').tBodies[0].replaceChildren(...rows.slice(0, 1000).map(({metric, value}) => {
      const at = lines.findIndex((line) => seriesName(line.metric) === seriesName(metric));
      const mark = element('span', {class: 'mark'}, '■ ');
      mark.style.color = at >= 0 && at < MAX_LINES ? hue(at) : 'transparent';
      return element('tr', {}, element('td', {}, mark, seriesName(metric)), element('td', {}, value[1]));
    }));
    byId('status').textContent = `${lines.length} series`;
  } catch (error) {
    byId('status').textContent = '';
    byId('form-error').textContent = error.message;
  }
}

const parameters = new URLSearchParams(location.search);
byId('expr').value = parameters.get('g0.expr') || '';
if (parameters.get('g0.range_input') in RANGES) byId('range').value = parameters.get('g0.range_input');
byId('query').addEventListener('submit', (event) => {
  event.preventDefault();
  history.replaceState(null, '', `?${new URLSearchParams(new FormData(event.target))}`);
  execute();
});
if (byId('expr').value) execute();
