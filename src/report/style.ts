/** The report's style sheet. Colours are variables, set for light and dark; the charts read them too. */
const LIGHT = `
  color-scheme: light;
  --page: #f5f6f8; --card: #ffffff; --ink: #1c2430; --soft: #4d596a; --faint: #6e7a8b; --line: #dfe3e9; --accent: #2563c9;
  --grid: #e8ebf0; --good: #18794e; --bad: #b4232f;
  --standard: #8250c4; --pointwise: #2f78d0; --depthwise: #dd8a1a; --fullyConnected: #1f9d78; --pool: #7b8796;
  --add: #c2549a; --mul: #b4483f; --table: #93812a; --copy: #5a98a5;
  --load: #cf4a52; --compute: #e0a43a; --store: #1e8a8f; --setup: #8b95a3; --fetch: #77599a; --idle: #c9d0d9;
  --static: #8b95a3; --clock: #2f78d0; --dsp: #dd8a1a; --logic: #8250c4; --memory: #1f9d78; --dram: #cf4a52;`;
const DARK = `
  color-scheme: dark;
  --page: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #b3bdca; --faint: #8c98a8; --line: #2e3744; --accent: #78a9f5;
  --grid: #28303c; --good: #5cc793; --bad: #f0808a;
  --standard: #a680e0; --pointwise: #5b9be6; --depthwise: #eaa445; --fullyConnected: #3fbf98; --pool: #8d99a9;
  --add: #d97bb5; --mul: #d2716a; --table: #b5a34c; --copy: #74b3c0;
  --load: #e26a71; --compute: #e9b95c; --store: #40aeb3; --setup: #8b95a3; --fetch: #a088c4; --idle: #434d5b;
  --static: #8b95a3; --clock: #5b9be6; --dsp: #eaa445; --logic: #a680e0; --memory: #3fbf98; --dram: #e26a71;`;

/** Value of a colour variable in the light theme, for pictures that follow none. */
export function lightColour(name: string): string {
  const value = new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(LIGHT)?.[1];
  if (value === undefined) throw new Error(`no colour --${name}`);
  return value;
}

export const STYLE: string = `
:root {${LIGHT}
}
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {${DARK}
} }
:root[data-theme=dark] {${DARK}
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 16px; padding-top: 28px; padding-bottom: 18px; }
header p { margin: 0; color: var(--soft); }
h1 { margin: 2px 0 4px; font-size: 27px; line-height: 1.2; overflow-wrap: anywhere; }
header .brand { color: var(--accent); font-weight: 600; letter-spacing: .04em; font-size: 13px; text-transform: uppercase; }
#theme { line-height: 0; padding: 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--soft); cursor: pointer; }
h2 { margin: 0 0 2px; font-size: 18px; }
p.lead { margin: 0 0 12px; color: var(--faint); max-width: 130ch; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin-bottom: 16px; }
section h2 + .chart { margin-top: 4px; }
ul + h2 { margin-top: 16px; }
.chart { width: 100%; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin-bottom: 16px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; display: flex; flex-direction: column; }
.tile span { color: var(--soft); font-size: 13px; }
.tile strong { font-size: 25px; line-height: 1.3; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile small { color: var(--faint); font-size: 12.5px; }
.result.pictured { display: grid; grid-template-columns: minmax(220px, 400px) 1fr; gap: 28px; align-items: center; }
.result > div { min-width: 0; }
.bars { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; }
.bars > div { min-width: 0; }
.result.pictured .bars { grid-template-columns: minmax(0, 1fr); gap: 14px; }
.chart + .scroll { margin-top: 14px; }
figure { margin: 0; text-align: center; }
figure img { max-width: 100%; border-radius: 8px; display: block; margin: 0 auto; }
figcaption { margin-top: 8px; color: var(--faint); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 9px; white-space: nowrap; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th { color: var(--soft); font-weight: 600; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th button:hover { color: var(--accent); }
th[aria-sort=ascending] button::after { content: " ↑"; }
th[aria-sort=descending] button::after { content: " ↓"; }
.text { text-align: left; }
td small { display: block; color: var(--faint); white-space: normal; min-width: 30ch; }
tbody tr:hover { background: color-mix(in srgb, var(--accent) 7%, transparent); }
.layers { font-size: 13px; }
.layers th, .layers td { padding: 5px 7px; }
.layers td:nth-child(2) { max-width: 230px; overflow: hidden; text-overflow: ellipsis; }
.name { font-weight: 550; }
.fused { color: var(--faint); font-size: 12.5px; }
.tile .whole { white-space: nowrap; color: inherit; font-size: inherit; }
.bands th { white-space: normal; vertical-align: bottom; }
.bands th, .bands td { padding: 5px 7px; }
.chart + details { margin-top: 12px; }
.bands td small { min-width: 0; white-space: nowrap; }
.faint { color: var(--faint); font-weight: 400; font-size: 12.5px; }
.kind { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; background: var(--idle); }
.meter { display: inline-block; width: 48px; height: 7px; border-radius: 4px; background: var(--grid); margin-right: 8px; overflow: hidden; vertical-align: 1px; }
.meter i { display: block; height: 100%; background: var(--accent); }
.change { display: inline-block; min-width: 8ch; }
.change.worse { color: var(--bad); } .change.better { color: var(--good); } .change.same { color: var(--faint); }
.tag { border: 1px solid var(--line); border-radius: 5px; padding: 0 6px; font-size: 11.5px; color: var(--faint); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; align-items: start; }
summary { cursor: pointer; font-size: 18px; font-weight: 700; margin-bottom: 8px; }
ul { margin: 6px 0; padding-left: 20px; color: var(--soft); overflow-wrap: anywhere; }
footer { color: var(--faint); font-size: 13px; padding-top: 8px; padding-bottom: 36px; }
${['standard', 'pointwise', 'depthwise', 'fullyConnected', 'pool', 'add', 'mul', 'table', 'copy']
  .map((kind) => `[data-kind=${kind}] { background: var(--${kind}); }`)
  .join('\n')}
@media (max-width: 900px) {
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .result.pictured, .pair, .bars { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 480px) {
  header, main, footer { padding-left: 10px; padding-right: 10px; }
  section { padding: 14px 12px; }
  .tiles { gap: 8px; }
  .tile { padding: 10px 12px; }
  .tile strong { font-size: 20px; }
  h1 { font-size: 22px; }
  .layers td:nth-child(2) { max-width: 150px; }
}
@media print { #theme { display: none; } section { break-inside: avoid; } body { background: none; } }
`;
