'use strict';

// The page asks the public API, so it shows nothing that a curl could not.

const REFRESH_MS = 10000;
const CHART_POINTS = 120;

function fillTable(id, rows, emptyText) {
  const body = byId(id).tBodies[0];
  const columns = byId(id).tHead.rows[0].cells.length;
  if (rows.length === 0) {
    body.replaceChildren(element('tr', {}, element('td', {colspan: columns, class: 'empty'}, emptyText)));
    return;
  }
  body.replaceChildren(...rows.map((cells) => element('tr', {}, ...cells.map((cell) =>
    element('td', {}, cell === null || cell === undefined ? '' : cell)))));
}

const humanValue = (value, unit) => `${humanNumber(value)} ${unit === 'percent' ? '%' : unit}`;
const clockTime = (iso) => iso ? new Date(iso).toLocaleTimeString() : '';
const whereText = (labels) => Object.entries(labels)
  .filter(([name]) => !['job', 'service', '__name__'].includes(name)).map(([name, value]) => `${name}=${value}`).join(' ');
const badge = (text) => element('span', {class: `badge ${text}`}, text);

async function showHealth() {
  const health = await getJson('/api/v1/performance/health');
  byId('score').textContent = String(Math.round(health.score * 10) / 10);
  const status = byId('health-status');
  status.textContent = health.status;
  status.className = `badge ${health.status}`;
  const rows = health.contributions.filter((c) => c.points > 0)
    .map((c) => [c.title, `−${c.points}`, humanValue(c.value, c.unit), whereText(c.labels)]);
  fillTable('contributions', rows, health.status === 'unknown' ? 'No data yet.' : 'Nothing takes points off.');
}

/** Why receivers are not told of an alert. */
function quietText(alert) {
  if (alert.acknowledged) return `acknowledged by ${alert.acknowledged.author}: ${alert.acknowledged.comment}`;
  if (alert.silenced_by.length > 0) return 'silenced';
  return alert.inhibited_by ? 'inhibited' : '';
}

async function showAlerts() {
  const {alerts} = await getJson('/api/v1/performance/alerts');
  fillTable('alert-table', alerts.map((a) => [badge(a.severity), badge(a.state), a.threshold,
    [a.annotations.summary || whereText(a.labels), a.annotations.explanation, quietText(a)].filter(Boolean).join(' · '),
    element('a', {href: `/graph?${new URLSearchParams({'g0.expr': a.chart.expr, 'g0.tab': 0})}`}, humanNumber(a.value)), clockTime(a.active_since)]), 'No active alerts.');
}

async function showTargets() {
  const {data} = await getJson('/api/v1/targets');
  fillTable('target-table', data.activeTargets.map((t) => [t.labels.job, t.labels.instance, badge(t.health),
    t.health === 'unknown' ? '' : clockTime(t.lastScrape), t.lastError]), 'No targets are configured.');
}

/** A line through [seconds, value] points; the box is the whole window and the values' range. */
function chart(points, start, end) {
  const svgNamespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 100 40');
  svg.setAttribute('preserveAspectRatio', 'none');
  const numbers = points.map(([, value]) => Number(value)).filter(Number.isFinite);
  const low = Math.min(...numbers, 0);
  const high = Math.max(...numbers, low + 1e-9);
  const line = document.createElementNS(svgNamespace, 'polyline');
  line.setAttribute('points', points.filter(([, value]) => Number.isFinite(Number(value))).map(([time, value]) =>
    `${((time - start) / (end - start) * 100).toFixed(2)},${(39 - (Number(value) - low) / (high - low) * 38).toFixed(2)}`).join(' '));
  svg.append(line);
  return svg;
}

const labelKey = (labels) => JSON.stringify(Object.entries(labels).filter(([name]) => name !== '__name__').sort());

async function showIndicators() {
  const {metrics} = await getJson('/api/v1/performance/metrics');
  const length = Number(byId('window').value);
  const end = Math.floor(Date.now() / 1000);
  const start = end - length;
  const step = Math.max(1, Math.round(length / CHART_POINTS));
  const expressions = [...new Set(metrics.map((m) => m.expr))];
  const history = new Map();
  await Promise.all(expressions.map(async (expr) => {
    const query = new URLSearchParams({query: expr, start, end, step});
    const {data} = await getJson(`/api/v1/query_range?${query}`);
    for (const series of data.result) history.set(expr + labelKey(series.metric), series.values);
  }));
  const cards = metrics.map((m) => element('div', {class: 'card', 'data-indicator': m.indicator},
    element('div', {class: 'title'}, m.title + (m.service ? ` · ${m.service}` : '')),
    element('div', {class: 'value'}, humanValue(m.value, m.unit)),
    element('div', {class: 'where'}, whereText(m.labels)),
    chart(history.get(m.expr + labelKey(m.labels)) || [], start, end)));
  byId('cards').replaceChildren(...(cards.length ? cards : [element('p', {class: 'empty'}, 'No samples yet: the first come within two scrapes.')]));
}

/** A level's limit; with a baseline the deviations from what is usual. */
function levelText(threshold, name) {
  if (threshold.levels) return threshold.levels[name] === undefined ? '' : String(threshold.levels[name]);
  const {deviations} = threshold.baseline;
  const own = typeof deviations === 'object' ? deviations[name] : name === 'warning' ? deviations : undefined;
  return own === undefined ? '' : `±${own}σ`;
}

async function showThresholds() {
  const {thresholds} = await getJson('/api/v1/performance/thresholds');
  fillTable('threshold-table', thresholds.map((t) => {
    const remove = element('button', {type: 'button', title: `Delete ${t.name}`}, 'Delete');
    remove.addEventListener('click', async () => {
      if (!window.confirm(`Delete the threshold ${t.name}?`)) return;
      await fetch(`/api/v1/performance/thresholds/${encodeURIComponent(t.name)}`, {method: 'DELETE'});
      await showThresholds();
    });
    const level = (name) => levelText(t, name);
    const waits = typeof t.for === 'string' ? t.for : Object.entries(t.for).map(([name, time]) => `${name} ${time}`).join(', ');
    const origin = t.overrides ? `${t.origin}, over ${t.overrides}` : t.source || t.origin;
    return [t.name + (t.enabled ? '' : ' (disabled)'), element('code', {}, t.expr), t.operator, level('info'), level('warning'),
      level('critical'), waits, origin, remove];
  }), 'There are no thresholds.');
}

async function createThreshold(event) {
  event.preventDefault();
  const fields = new FormData(event.target);
  const levels = {};
  for (const name of ['info', 'warning', 'critical']) {
    if (fields.get(name) !== '') levels[name] = Number(fields.get(name));
  }
  const body = {name: fields.get('name'), expr: fields.get('expr'), operator: fields.get('operator'), levels, for: fields.get('for') || '0s'};
  const response = await fetch('/api/v1/performance/thresholds',
    {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  if (response.ok) {
    byId('form-error').textContent = '';
    event.target.reset();
    await showThresholds();
  } else {
    const problem = await response.json();
    byId('form-error').textContent = (problem.errors || [{pointer: '', detail: problem.detail}]).map((e) => `${e.pointer} ${e.detail}`).join('\n');
  }
}

async function refresh() {
  const results = await Promise.allSettled([showHealth(), showAlerts(), showTargets(), showIndicators(), showThresholds()]);
  const failed = results.filter((result) => result.status === 'rejected').map((result) => result.reason.message);
  byId('updated').textContent = failed.length ? `not reached: ${failed[0]}` : `updated ${new Date().toLocaleTimeString()}`;
}

byId('new-threshold').addEventListener('submit', createThreshold);
byId('window').addEventListener('change', showIndicators);
// Alerts show at once; the rest follows at the next refresh.
new EventSource('/api/v1/performance/events').addEventListener('alert', () => { showAlerts(); showHealth(); });
refresh();
setInterval(refresh, REFRESH_MS);
