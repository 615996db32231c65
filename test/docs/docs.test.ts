/** What the pages say can be done, opened or typed exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/main.ts';
import * as library from '../../src/index.ts';
import * as timing from '../../src/spec/timing.ts';
import { isBuilderName } from '../../src/zoo/zoo.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

/** Inline code and lines of code blocks of a page. */
function codes(text: string): string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, body]) => body!.split('\n'));
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...blocks, ...inline].map((code) => code.trim()).filter((code) => code !== '');
}

/** Everything of one kind on all pages, with the page; fails where there is none, for then the search is wrong. */
function everywhere(find: (text: string) => readonly string[]): { page: string; found: string }[] {
  const all = pages.flatMap((page) => find(read(page)).map((found) => ({ page, found })));
  expect(all.length).toBeGreaterThan(0);
  return all;
}

describe('the pages', () => {
  it('link to files that exist', () => {
    const links = everywhere((text) => [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!));
    const inside = links.filter(({ found }) => !/^[a-z]+:/.test(found) && !found.startsWith('#'));
    const missing = inside.filter(({ page, found }) => !existsSync(join(root, dirname(page), found.split('#')[0]!)));
    expect(missing).toEqual([]);
    expect(inside.length).toBeGreaterThan(10);
  });

  it('name files and folders that exist', () => {
    const own = /^(?:\.ci|assembly|bench|bin|cosim|docs|include|rtl|src|test|tools|report-page|node_modules)\//;
    const paths = everywhere((text) =>
      codes(text)
        .flatMap((code) => code.split(/\s+/))
        .filter((word) => own.test(word) && !/[*<>{]/.test(word)),
    );
    expect(paths.filter(({ found }) => !existsSync(join(root, found.replace(/[:,.]$/, ''))))).toEqual([]);
    expect(paths.length).toBeGreaterThan(40);
  });

  it('name npm scripts that exist', () => {
    const named = everywhere((text) =>
      [...text.matchAll(/npm (?:run ([\w-]+)|(start|test)\b)/g)].map(([, run, short]) => (run ?? short)!),
    );
    expect(named.filter(({ found }) => scripts[found] === undefined)).toEqual([]);
  });

  it('type commands with options that exist', () => {
    const lines = everywhere((text) => codes(text).filter((code) => /(?:^|&& )(?:npx )?depthwright\b/.test(code)));
    const wrong = lines.flatMap(({ page, found }) => complaints(found).map((complaint) => `${page}: ${complaint}`));
    expect(wrong).toEqual([]);
    expect(lines.length).toBeGreaterThan(5);
  });

  it('name options that a command or a script has', () => {
    const ours = new Set(createProgram().commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])));
    const scriptOptions = readdirSync(join(root, 'bench'))
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...read(`bench/${name}`).matchAll(/\.option\('(--[a-z-]+)/g)].map(([, option]) => option!));
    const others = new Set(['--help', '--check', ...scriptOptions]);
    const named = everywhere((text) => codes(text).filter((code) => /^--[a-z-]+$/.test(code)));
    expect(named.filter(({ found }) => !ours.has(found) && !others.has(found))).toEqual([]);
  });

  it('name graph builders that exist', () => {
    const named = everywhere((text) => codes(text).filter((code) => /^[a-z][a-z0-9_]*_\d\.\d+_\d+$/.test(code)));
    expect(named.filter(({ found }) => !isBuilderName(found))).toEqual([]);
  });

  it('import from the library what it exports', () => {
    const named = everywhere((text) =>
      [...text.matchAll(/import \{([^}]+)\} from 'depthwright'/g)].flatMap(([, names]) => names!.split(',')),
    );
    expect(named.filter(({ found }) => !(found.trim() in library))).toEqual([]);
  });

  it('give the timing contract the numbers that it has', () => {
    const rows = [...read('docs/timing.md').matchAll(/^\| `([\w.]+)` \| (\d+) \|/gm)];
    const numbers = new Map<string, number>(
      Object.entries(timing).flatMap(([name, value]): [string, number][] =>
        typeof value === 'number'
          ? [[name, value]]
          : typeof value === 'object'
            ? Object.entries(value).map(([part, cycles]) => [`${name}.${part}`, cycles])
            : [],
      ),
    );
    expect(new Map(rows.map(([, name, value]) => [name!, Number(value)]))).toEqual(numbers);
  });

  it('list every command in the README', () => {
    const names = createProgram().commands.map((command) => command.name());
    const readme = read('README.md');
    expect(names.filter((name) => !readme.includes(`depthwright ${name}`))).toEqual([]);
  });
});

/** What is wrong with a typed command: unknown command or option, too many arguments. */
function complaints(line: string): string[] {
  const typed = line.slice(line.indexOf('depthwright') + 'depthwright'.length).split(/ (?:>|\||&&) /)[0]!;
  const words = typed.trim().split(/\s+/).filter(Boolean);
  const name = words.shift();
  if (name === undefined || name.startsWith('-') || name.startsWith('<')) return [];
  const command = createProgram().commands.find((candidate) => candidate.name() === name);
  if (command === undefined) return [`there is no command '${name}' (${line})`];
  return optionComplaints(command, words, line);
}

function optionComplaints(command: Command, words: string[], line: string): string[] {
  const wrong: string[] = [];
  let positional = 0;
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === '--help') continue;
    if (!word.startsWith('--')) positional += 1;
    else {
      const option = command.options.find(({ long }) => long === word);
      if (option === undefined) wrong.push(`'${command.name()}' has no ${word} (${line})`);
      else if (option.required || option.optional) {
        do words.shift();
        while (option.variadic && words[0] !== undefined && !words[0].startsWith('--'));
      }
    }
  }
  if (positional > command.registeredArguments.length) wrong.push(`too many arguments (${line})`);
  return wrong;
}
