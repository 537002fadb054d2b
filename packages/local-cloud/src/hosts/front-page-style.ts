/** Colours follow the system's; contrast is at least 4.5 to 1 in both. A state is always a word too. */
export const frontPageStyle = `
:root { color-scheme: light dark; --text: #1a1d21; --muted: #555d66; --ground: #fff; --line: #d5dae0; --head: #f3f5f7; --good: #0a6b2d; --busy: #7a5200; --bad: #b00020; --focus: #1652c9; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --muted: #a9b1ba; --ground: #15181b; --line: #363c43; --head: #1e2327; --good: #6fd08c; --busy: #f0c060; --bad: #ff8a8a; --focus: #8ab4ff; } }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); }
header { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 1.5rem 0 .25rem; font-size: 1.125rem; }
header p, #database { margin: 0; }
header p { color: var(--muted); }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
table { width: 100%; min-width: 44rem; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { background: var(--head); white-space: nowrap; }
.good { color: var(--good); } .busy { color: var(--busy); } .bad { color: var(--bad); }
`;
