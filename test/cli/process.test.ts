/** The command as it is installed: a process of its own, built code. */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('../../bin/depthwright.js', import.meta.url));

function depthwright(...args: string[]) {
  const env = { ...process.env, DEPTHWRIGHT_BUILD: 'keep' };
  return spawnSync(process.execPath, [command, ...args], { cwd: tmpdir(), encoding: 'utf8', env });
}

describe('the installed command', () => {
  it('prints its version', () => {
    const { status, stdout, stderr } = depthwright('--version');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('prints one JSON object and nothing else with --json', () => {
    const { status, stdout, stderr } = depthwright('configs', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect((JSON.parse(stdout) as { configs: object[] }).configs.length).toBeGreaterThan(3);
  });

  it('works from any folder', () => {
    const { status, stdout } = depthwright('inspect', 'ds_cnn', '--config', 'tiny', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'ds_cnn', config: 'tiny' });
  });

  it('ends with 1 and one line on standard error where the input is wrong', () => {
    const { status, stdout, stderr } = depthwright('inspect', 'missing.tflite');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^depthwright: missing\.tflite: [^\n]+\n$/);
  });

  it('ends with 2 where the command line is wrong', () => {
    const { status, stdout, stderr } = depthwright('inspect', '--colour');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain("unknown option '--colour'");
  });
});
