/** Numbers as people read them, and text made safe for HTML. */

/** Any text as HTML text or attribute value. */
export function escapeHtml(text: string): string {
  const entities: { readonly [character: string]: string } = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** JSON that may stand inside a script element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/** 1234567 as "1,234,567". */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant digits with a decimal prefix: 3908992, 'B' as "3.91 MB". */
export function prefixed(value: number, unit: string): string {
  const prefixes = ['', 'k', 'M', 'G', 'T'];
  let index = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 999.5 && index < prefixes.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  const digits =
    index === 0 && Number.isInteger(scaled) ? 0 : Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[index]}${unit}`.trim();
}

/** 0.8329 as "83.3 %". */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)} %` : '–';
}

/** A change against a base: "+12.3 %". */
export function change(value: number, base: number): string {
  const share = base === 0 ? 0 : value / base - 1;
  return `${share < 0 ? '−' : '+'}${(Math.abs(share) * 100).toFixed(1)} %`;
}

/**
 * Cuts the folders that most names share ("model_1/model/re_lu/Relu6" becomes "re_lu/Relu6"); names stay apart, as
 * those without the shared part stay as they are.
 */
export function nameShortener(names: readonly string[]): (name: string) => string {
  let prefix = '';
  for (;;) {
    const folders = new Map<string, number>();
    for (const name of names) {
      const slash = name.startsWith(prefix) ? name.indexOf('/', prefix.length) : -1;
      if (slash < 0) continue;
      const folder = name.slice(0, slash + 1);
      folders.set(folder, (folders.get(folder) ?? 0) + 1);
    }
    const [most] = [...folders].sort((a, b) => b[1] - a[1]);
    if (most === undefined || most[1] < names.length * 0.6) break;
    prefix = most[0];
  }
  const kept = new Set(names.filter((name) => !name.startsWith(prefix)));
  return (name) => {
    const cut = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return cut === '' || kept.has(cut) ? name : cut;
  };
}
