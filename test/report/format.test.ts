import { describe, expect, it } from 'vitest';
import { change, escapeHtml, nameShortener, percent, prefixed, scriptJson, whole } from '../../src/report/format.ts';

describe('numbers and names in the report', () => {
  it('have separators, prefixes and signs', () => {
    expect(whole(1234567.4)).toBe('1,234,567');
    expect(whole(12)).toBe('12');
    expect(prefixed(0, 'B')).toBe('0 B');
    expect(prefixed(999, 'B')).toBe('999 B');
    expect(prefixed(999.7, 'B')).toBe('1.00 kB');
    expect(prefixed(3908992, 'B')).toBe('3.91 MB');
    expect(prefixed(12_345, '')).toBe('12.3 k');
    expect(percent(0.83294)).toBe('83.3 %');
    expect(percent(Number.NaN)).toBe('–');
    expect(change(110, 100)).toBe('+10.0 %');
    expect(change(95, 100)).toBe('−5.0 %');
  });

  it('cannot leave text or a script element', () => {
    expect(escapeHtml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
    const value = { text: '</script><!--\u2028' };
    expect(scriptJson(value)).not.toContain('<');
    expect(JSON.parse(scriptJson(value))).toEqual(value);
  });

  it('lose the folders that most of them share, and stay apart', () => {
    const short = nameShortener(['m/x/a/Relu', 'm/x/b/Relu', 'm/x/c', 'Identity', 'm/x/Identity']);
    expect(['m/x/a/Relu', 'm/x/c', 'Identity', 'm/x/Identity'].map(short)).toEqual([
      'a/Relu',
      'c',
      'Identity',
      'm/x/Identity',
    ]);
    expect(nameShortener(['layer0', 'layer1'])('layer0')).toBe('layer0');
    expect(nameShortener([])('a/b')).toBe('a/b');
  });
});
