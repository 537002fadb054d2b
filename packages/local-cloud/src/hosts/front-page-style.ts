/** Colours follow the system's; contrast is at least 4.5 to 1 in both. A state is always a word too. */
export const frontPageStyle = `
:root { color-scheme: light dark; --text: #1a1d21; --muted: #555d66; --page: #f3f5f7; --card: #fff; --line: #dfe3e8; --good: #0a6b2d; --busy: #7a5200; --bad: #b00020; --away: #1652c9; --changed: #fff1c2; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --muted: #a9b1ba; --page: #101316; --card: #1a1e22; --line: #30363d; --good: #6fd08c; --busy: #f0c060; --bad: #ff8a8a; --away: #8ab4ff; --changed: #4a3f1c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem clamp(.75rem, 2vw, 2rem) 3rem; max-width: 100rem; font: .875rem/1.45 system-ui, sans-serif; color: var(--text); background: var(--page); }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; margin-bottom: .75rem; }
header p, .bar { margin: 0; color: var(--muted); }
header p:last-child { margin-left: auto; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 1.375rem; letter-spacing: -.01em; }
h2 { margin: 0 0 .5rem; font-size: 1rem; }
#connection::before { content: ""; display: inline-block; width: .55rem; height: .55rem; margin-right: .4rem; border-radius: 50%; background: var(--good); }
.gone #connection { color: var(--bad); font-weight: 600; }
.gone #connection::before { background: var(--bad); border-radius: 0; }
#summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin: 0 0 .75rem; }
#summary > div { padding: .6rem .9rem .7rem; background: var(--card); border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: .5rem; }
#summary > .quiet { border-left-color: var(--line); }
#summary dt, #summary dd + dd { color: var(--muted); }
#summary dd { margin: 0; }
#summary dt + dd { font-size: 1.375rem; line-height: 1.3; font-weight: 600; }
#summary .quiet dt + dd { color: var(--text); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(32rem, 100%), 1fr)); gap: 0 .75rem; align-items: stretch; }
.columns > div { display: flex; flex-direction: column; }
.columns > div > :last-child { flex: 1; }
section { min-width: 0; margin-bottom: .75rem; padding: .75rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.bar { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: .5rem; }
.bar label { color: var(--text); }
.bar input { accent-color: var(--away); margin: 0 .25rem 0 0; vertical-align: -.1em; }
.scroll { overflow: auto; }
table + table { margin-top: .75rem; }
.columns > .requests { display: flex; flex-direction: column; }
.columns > .requests .scroll { flex: 1 1 20rem; max-height: 40rem; }
:focus-visible { outline: 3px solid var(--away); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tbody tr:last-child td { border-bottom: 0; }
th { position: sticky; top: 0; background: var(--card); color: var(--muted); font-weight: 500; white-space: nowrap; box-shadow: 0 1px var(--line); border: 0; }
td:first-child { font-weight: 500; }
.requests td:nth-child(3) { min-width: 10rem; }
.good { color: var(--good); } .busy { color: var(--busy); } .bad { color: var(--bad); } .away { color: var(--away); } .quiet { color: var(--muted); }
.bad { font-weight: 600; }
.whole, .good, .busy, .bad, .quiet { white-space: nowrap; }
.requests .bad { white-space: normal; }
.chip { display: inline-block; white-space: normal; margin: 1px 0; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; }
.chip:not(:last-child) { border-color: var(--line); }
@keyframes changed { from { background: var(--changed); } }
.changed { animation: changed 2s ease-out; }
@media (prefers-reduced-motion: reduce) { .changed { animation: none; } }
@media (max-width: 40rem) {
  #summary { grid-template-columns: 1fr 1fr; gap: .5rem; }
  #summary dt + dd { font-size: 1.125rem; }
  header p:last-child { margin-left: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr { display: block; }
  tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td { display: inline; padding: 0; border: 0; }
  td:first-child { display: block; }
  td:nth-child(n+3):not(:empty)::before { content: " · "; color: var(--muted); }
  .requests td:nth-child(3) { min-width: 0; }
  .requests td:first-child, .tasks td:first-child { display: inline; margin-right: .5rem; color: var(--muted); }
  .columns > .requests .scroll { max-height: 24rem; }
}
`;
