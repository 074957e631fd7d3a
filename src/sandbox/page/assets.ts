/** What the page loads: kept as text, so that a build has nothing to copy. */
import { SIMULATED } from '../platforms.js';

/** Replaces what has changed, and keeps what a person scrolled to. */
export const REFRESH_SCRIPT = `
const channels = document.querySelector('#channels');
const pathOf = (pane) => pane.querySelector('.path').textContent;
/** Whether a person is at the newest posts, and so wants to stay there. */
const atEnd = (posts) => posts.scrollHeight - posts.scrollTop - posts.clientHeight < 40;
const panes = () => [...channels.querySelectorAll('.pane')];

/** Undefined scrolls to the end. */
function scroll(places) {
  for (const pane of panes()) {
    const posts = pane.querySelector('.posts');
    posts.scrollTop = places.get(pathOf(pane)) ?? posts.scrollHeight;
  }
}

async function refresh() {
  const answer = await fetch('/page/channels');
  if (!answer.ok) return;
  const html = await answer.text();
  const places = new Map();
  for (const pane of panes()) {
    const posts = pane.querySelector('.posts');
    if (!atEnd(posts)) places.set(pathOf(pane), posts.scrollTop);
  }
  channels.innerHTML = html;
  scroll(places);
}

scroll(new Map());
let running = Promise.resolve();
const changes = new EventSource('/page/changes');
changes.onmessage = () => (running = running.then(refresh, refresh));
changes.onopen = () => document.body.classList.remove('away');
changes.onerror = () => document.body.classList.add('away');
`;

export const STYLE = `
:root { color-scheme: light; --ink: #1d1c1d; --soft: #616061; --line: #e3e3e6; --ground: #f5f5f7; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, 'Segoe UI', sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 0 16px; align-items: baseline; padding: 14px 24px; }
header h1 { margin: 0; font-size: 20px; }
header h1 span { font-weight: 400; color: var(--soft); }
header p { margin: 0; color: var(--soft); }
.away header p::after { content: ' Not connected: is the sandbox running?'; color: #b3261e; }
main { padding: 0 24px 24px; }
.panes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: 16px; }
.pane { display: flex; flex-direction: column; height: 460px; background: #fff; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.pane h2 { display: flex; justify-content: space-between; gap: 12px; margin: 0; padding: 10px 16px 4px; color: #fff; font-size: 16px; }
.pane .title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.pane .platform { flex: none; font-size: 12px; font-weight: 400; opacity: .85; align-self: center; }
p.path { margin: 0; padding: 0 16px 8px; color: #ffffffd9; font: 11px/1.4 ui-monospace, monospace; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
${headingColours()}
.posts { flex: 1; overflow-y: auto; padding: 8px 0; }
:is(.teams, .teams-webhook) .posts { background: #f5f5f5; }
article { display: flex; gap: 10px; padding: 8px 16px; }
:is(.teams, .teams-webhook) article { margin: 8px 16px; padding: 12px; background: #fff; border-radius: 6px; box-shadow: 0 1px 2px rgb(0 0 0 / 12%); }
article.reply { margin-left: 44px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #1f7a5c; color: #fff; font-weight: 700; font-size: 14px; display: grid; place-items: center; }
:is(.teams, .teams-webhook) .avatar { width: 32px; height: 32px; border-radius: 50%; }
.said { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.said > :last-child { margin-bottom: 0; }
.by { margin: 0 0 2px; font-size: 12px; color: var(--soft); }
.by strong { color: var(--ink); font-size: 15px; }
.app { background: #e8e8e8; border-radius: 3px; padding: 0 4px; font-size: 10px; font-weight: 600; }
.said h1, .said h2, .said h3 { margin: 4px 0; padding: 0; font-size: 17px; color: inherit; background: none; display: block; }
.said p { margin: 0 0 6px; }
.said ul, .said ol { margin: 4px 0; padding-left: 24px; }
.said pre { margin: 4px 0; padding: 8px; background: #f8f8f8; border: 1px solid var(--line); border-radius: 4px; font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; }
.said code { background: #f3f3f3; border: 1px solid var(--line); border-radius: 3px; padding: 0 3px; font: 12px ui-monospace, monospace; }
.said pre code { border: 0; padding: 0; background: none; }
.slack .said p code { color: #c01343; }
.said table { border-collapse: collapse; }
.said th, .said td { border: 1px solid var(--line); padding: 3px 8px; text-align: left; }
.said blockquote, .quote { display: block; margin: 2px 0; padding-left: 10px; border-left: 4px solid #ddd; }
.said a { color: #1264a3; }
/* Never fetched: the policy allows nothing from afar. */
.said img { display: none; }
.context { color: var(--soft); font-size: 13px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 12px; }
at, .mention { background: #fdf2d0; color: #1264a3; border-radius: 3px; padding: 0 2px; }
.button, .actions a { display: inline-block; margin: 4px 6px 4px 0; padding: 4px 12px; border: 1px solid #bbb; border-radius: 4px; font-weight: 600; font-size: 13px; text-decoration: none; }
.card { padding: 10px 12px; border: 1px solid var(--line); border-radius: 4px; }
.card .bolder { font-weight: 700; }
.card .large { font-size: 17px; }
.card dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0; }
.card dt { font-weight: 600; }
.card dd { margin: 0; }
.important { color: #b3261e; font-weight: 700; text-transform: uppercase; font-size: 12px; }
.empty, .more { margin: 0; padding: 24px; text-align: center; color: var(--soft); }
.more { padding: 8px; font-size: 13px; }
.faults { margin: 0 0 16px; padding: 10px 16px; background: #fff6e5; border: 1px solid #f0c36d; border-radius: 10px; }
.faults h2 { margin: 0 0 4px; font-size: 14px; }
.faults ul { margin: 0; padding: 0; list-style: none; }
.faults form > button { margin-top: 8px; }
.presets { margin: 0 0 16px; }
.presets summary { padding: 8px 0; cursor: pointer; }
.presets fieldset { margin: 8px 0; padding: 8px 12px; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
main button { margin: 4px 8px 4px 0; padding: 6px 12px; border: 1px solid #8a8a8f; border-radius: 6px; background: #fff; color: var(--ink); font: inherit; font-size: 13px; cursor: pointer; }
.faults span { color: var(--soft); }
`;

function headingColours(): string {
  return Object.entries(SIMULATED)
    .map(([name, { colour }]) => `.${name} h2, .${name} .path { background: ${colour}; }`)
    .join('\n');
}
