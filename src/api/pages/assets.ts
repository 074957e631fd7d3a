/** What the pages load: kept as text, so that a build has nothing to copy. */

/**
 * Fetches the page again and puts in what has changed of its live parts. A part that somebody is typing in is left alone.
 * Without this script everything works, with the browser's own reload.
 */
export const LIVE_SCRIPT = `
function isInUse(part) {
  if (part.querySelector('select:focus, textarea:focus') !== null) return true;
  const fields = [...part.querySelectorAll('input:not([type=hidden])')];
  return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue
      || field.checked !== field.defaultChecked)
    || part.querySelector('details[open]') !== null;
}

const LOCAL = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** Times as the browser's time zone has them. The page has them in UTC, which is kept to be shown on hover. */
function localise(root) {
  for (const time of root.querySelectorAll('time.local')) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString(undefined, LOCAL);
    time.classList.remove('local');
  }
}

const UNAVAILABLE = 503;

/** Whether all of the page could be read. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  // A page with this status can show a part of itself: what is out of reach, and what is known besides.
  const isPartial = answer.status === UNAVAILABLE;
  if (!answer.ok && !isPartial) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  localise(fresh);
  const parts = [...document.querySelectorAll('[data-live]')];
  const newer = [...fresh.querySelectorAll('[data-live]')];
  const known = parts.filter(({ id }) => newer.some((each) => each.id === id));
  const isSame = known.length === parts.length && known.length === newer.length;
  if (!isSame && !isPartial && !isInUse(document)) {
    // The page has become another one, as when the session has ended, or has parts that were out of reach.
    location.reload();
    return true;
  }
  if (known.length === 0) throw new Error('another page');
  for (const part of known) {
    const { innerHTML } = newer.find(({ id }) => id === part.id);
    if (innerHTML !== part.innerHTML && !isInUse(part)) part.innerHTML = innerHTML;
  }
  document.body.dataset.refreshMs = fresh.body.dataset.refreshMs ?? '';
  return !isPartial;
}

/** Until the page says no more how often. */
async function keepFresh() {
  for (;;) {
    const ms = Number(document.body.dataset.refreshMs);
    if (!(ms > 0)) return;
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (document.hidden) continue;
    try {
      document.body.classList.toggle('away', !(await refresh()));
    } catch {
      document.body.classList.add('away');
    }
  }
}

localise(document);
keepFresh();

document.body.classList.add('scripted');
document.addEventListener('click', async ({ target }) => {
  const text = target.dataset?.copy;
  if (text === undefined) return;
  try {
    await navigator.clipboard.writeText(text);
    target.textContent = 'Copied';
  } catch {
    target.textContent = 'Not allowed';
  }
});

/** As on many sites: a slash leads to the search, where it isn't typed. */
document.addEventListener('keydown', (event) => {
  const { target } = event;
  const isTyping = target.isContentEditable || /^(?:input|select|textarea)$/i.test(target.tagName);
  const search = document.querySelector('.search input');
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping || !search) return;
  event.preventDefault();
  search.focus();
});
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1f6f54"/><path d="M4 8.5l2.7 2.7L12 5.6" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1b1f1d; --soft: #5a635f; --line: #dfe3e1; --ground: #f6f7f6; --card: #ffffff; --link: #14593f;
  --green: #1a6b43; --red: #ac2420; --amber: #845400; --blue: #1d5fa8; --gray: #5a635f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e7ebe9; --soft: #a3ada8; --line: #343b38; --ground: #151917; --card: #1e2422; --link: #7fd0ae;
    --green: #6fce9f; --red: #ff9a92; --amber: #e7b55c; --blue: #8cbdf2; --gray: #a3ada8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, 'Segoe UI', sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; padding: 8px; background: var(--card); }
header { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; padding: 12px 20px; border-bottom: 1px solid var(--line); background: var(--card); }
.brand { color: var(--ink); font-size: 18px; font-weight: 700; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 0 16px; }
nav a { display: inline-block; padding: 6px 0; white-space: nowrap; }
.search { display: flex; flex: 1 1 220px; gap: 8px; max-width: 480px; margin-left: auto; }
.search input { flex: 1; min-width: 0; }
.away header::after { content: 'Not connected: what you see may be old.'; flex: 1 0 100%; color: var(--red); }
main { max-width: 860px; margin: 0 auto; padding: 20px; }
h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.25; }
h2 { margin: 28px 0 8px; font-size: 18px; }
h3 { margin: 0 0 8px; font-size: 16px; }
h2 ~ section > h3 { margin-top: 16px; }
h4 { margin: 8px 0 4px; font-size: 15px; }
p { margin: 0 0 8px; }
h1.key { font-family: ui-monospace, monospace; font-size: 20px; }
.explanation { font-size: 18px; }
.soft { color: var(--soft); font-size: 14px; }
.cards { display: grid; gap: 12px; margin: 0; padding: 0; list-style: none; }
.card { padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.card h3 { margin: 14px 0 4px; font-size: 15px; }
.address { overflow-wrap: anywhere; }
.requests { margin: 0; padding: 0; list-style: none; }
.outcome.refused, .outcome.failed, .outcome.late { color: var(--red); }
.outcome.unusable { color: var(--amber); }
.requests li { padding: 4px 0; overflow-wrap: anywhere; }
.card > :first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
.place { display: flex; flex-wrap: wrap; gap: 4px 12px; justify-content: space-between; font-weight: 600; }
.status { display: inline-block; padding: 1px 10px; border: 1px solid currentColor; border-radius: 99px; font-size: 14px; font-weight: 600; white-space: nowrap; color: var(--gray); }
.status.accepted, .status.delivering { color: var(--blue); }
.status.confirmed { color: var(--green); }
.status.dead_lettered { color: var(--red); }
.status.discarded, .status.expired, .status.cancelled, .status.muted { color: var(--amber); }
.content { padding: 14px 16px; border-left: 4px solid var(--line); background: var(--card); }
.text > :last-child, .text li > :last-child { margin-bottom: 0; }
.text p { white-space: pre-line; }
.text h4, .text h5 { margin: 12px 0 8px; font-size: 16px; }
.text ul, .text ol { margin: 0 0 8px; padding-left: 24px; }
.text li > p { margin: 0; }
.text blockquote { margin: 0 0 8px; padding-left: 12px; border-left: 3px solid var(--line); }
.text code { font-family: ui-monospace, monospace; font-size: 14px; }
.text pre { margin: 0 0 8px; padding: 10px 12px; background: var(--ground); overflow-x: auto; overflow-wrap: normal; }
.text hr { border: 0; border-top: 1px solid var(--line); }
.scrolled { margin: 0 0 8px; overflow-x: auto; }
.text table { border-collapse: collapse; }
.text th, .text td { padding: 4px 10px; border: 1px solid var(--line); text-align: left; vertical-align: top; white-space: pre-line; }
.severity { color: var(--soft); font-size: 14px; }
::placeholder { color: var(--soft); opacity: 1; }
.timeline { margin: 0; padding: 0; list-style: none; }
.timeline li { display: grid; grid-template-columns: 200px 1fr; gap: 2px 16px; padding: 6px 0; border-top: 1px solid var(--line); }
.timeline time { color: var(--soft); font-size: 14px; line-height: 24px; }
.timeline .next_attempt span, .timeline .deliver_at span { font-style: italic; }
.card h2.place, .card h3.place { margin: 0 0 8px; font-size: 16px; }
.outcomes { margin: 0; padding: 0; list-style: none; }
.outcomes li { padding: 6px 0; border-top: 1px solid var(--line); }
.key-inline { font-family: ui-monospace, monospace; }
dl { margin: 0 0 8px; }
dl div { display: flex; gap: 12px; }
dt { flex: 0 0 110px; color: var(--soft); }
dd { margin: 0; font-family: ui-monospace, monospace; font-size: 14px; line-height: 24px; }
.links { display: flex; flex-wrap: wrap; gap: 8px 20px; }
form { margin: 0; }
label { display: block; margin: 0 0 10px; color: var(--soft); font-size: 14px; }
input, select, button { font: inherit; color: inherit; }
input, select { display: block; width: 100%; min-height: 40px; padding: 7px 10px; border: 1px solid var(--soft); border-radius: 8px; background: var(--ground); color: var(--ink); }
button { min-height: 40px; padding: 7px 16px; border: 1px solid transparent; border-radius: 8px; background: #1f6f54; color: #fff; cursor: pointer; }
button.danger { background: #a8322d; }
button.plain { border-color: var(--line); background: none; color: var(--ink); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
summary { padding: 6px 0; cursor: pointer; color: var(--link); }
.decisions details { margin-top: 8px; }
.filters { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: flex-end; margin-bottom: 16px; }
.filters label { flex: 1 1 150px; margin: 0; }
main.wide { max-width: 1200px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration-thickness: 2px; text-underline-offset: 6px; }
.verdict { padding-left: 14px; border-left: 6px solid var(--red); }
.verdict.well { border-left-color: var(--green); }
.troubles { margin: 0 0 8px; padding-left: 20px; }
.chart { width: 100%; border-collapse: collapse; }
.chart th:first-child { width: 1%; padding: 4px 16px 4px 0; font-weight: 400; text-align: left; white-space: nowrap; }
.chart thead th:first-child { padding: 0; }
.chart .bar { display: flex; gap: 10px; align-items: center; }
.chart .figure { flex: 0 0 7ch; text-align: right; font-variant-numeric: tabular-nums; }
.chart svg { flex: 1; width: 0; min-width: 0; height: 16px; border-radius: 3px; background: var(--card); }
.chart rect { fill: var(--gray); }
.chart rect.confirmed { fill: var(--green); }
.chart rect.under_way { fill: var(--blue); }
.chart rect.dead_lettered { fill: var(--red); }
.chart rect:is(.discarded, .expired, .cancelled) { fill: var(--amber); }
.figures { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 12px 0 4px; }
.figures div { display: block; padding: 0; border: 0; }
.figures dd { font-family: inherit; font-size: 18px; }
.list { width: 100%; border-collapse: collapse; background: var(--card); }
.list th, .list td { padding: 8px 12px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
.list thead th { color: var(--soft); font-size: 14px; font-weight: 400; overflow-wrap: normal; }
.list tbody th { font-weight: 600; }
.list input[type=checkbox] { display: inline-block; width: 20px; height: 20px; min-height: 0; margin: 2px; vertical-align: middle; }
.copy { display: none; }
.scripted .copy { display: inline-block; min-height: 24px; padding: 0 8px; font: 14px/1.5 system-ui, sans-serif; }
.decided { padding: 6px 12px; border-left: 4px solid var(--blue); background: var(--card); }
:is(.list, form.card, details.card) + p { margin-top: 12px; }
section > .list:last-child { margin-bottom: 12px; }
.card .list { margin-top: 8px; font-size: 14px; }
.card .list [data-name=Code] { min-width: 15ch; }
details.card { margin: 12px 0; padding-top: 8px; padding-bottom: 8px; }
progress { width: 100%; height: 16px; accent-color: var(--green); }
.below, .line { display: block; }
.below { color: var(--soft); font-size: 14px; font-weight: 400; }
.tabs { gap: 4px; margin-bottom: 16px; border-bottom: 1px solid var(--line); }
.tabs a { padding: 8px 12px; border-bottom: 3px solid transparent; text-decoration: none; }
.tabs a[aria-current] { border-bottom-color: var(--link); }
.count { color: var(--soft); font-size: 14px; font-weight: 400; }
.bulk { position: sticky; bottom: 0; display: flex; flex-wrap: wrap; gap: 8px; padding: 12px 0; background: var(--ground); border-top: 1px solid var(--line); }
.bulk:empty { display: none; }
.filters > a { padding: 8px 0; }
@media (min-width: 901px) {
  main.wide .list tbody th { min-width: 220px; }
  .list :is([data-name=From], [data-name=To]) { min-width: 13ch; }
}
@media (max-width: 900px) {
  .list, .list tbody { display: block; background: none; }
  .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .list tr { display: block; margin: 0 0 12px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
  .list tbody th, .list td { display: block; padding: 2px 0; border: 0; }
  .list td > .line:first-of-type { display: inline; }
  .list td::before { content: attr(data-name) ': '; color: var(--soft); font-size: 14px; }
}
@media (max-width: 600px) {
  header, main { padding-left: 14px; padding-right: 14px; }
  .search { flex-basis: 100%; max-width: none; }
  nav { gap: 0 10px; }
  .bulk button { padding: 7px 10px; font-size: 14px; }
  .timeline li { grid-template-columns: 1fr; }
}
`;
