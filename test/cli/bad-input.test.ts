/** Whatever is wrong with the input gives one clear message, an exit code and no trace on the disk. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedConfig } from '../../src/spec/configs.ts';
import { TestNet } from '../import/tflite-net.ts';
import { depthwright, SMALL_MODEL, scratchFolder, writePicture } from './support.ts';

const scratch = scratchFolder();
const at = scratch.path;
const picture = at('picture.png');
const out = at('out');
const build = at('build');

beforeAll(async () => {
  await writePicture(picture);
  writeFileSync(at('text.jpg'), 'this is no picture');
  writeFileSync(at('half.png'), readFileSync(picture).subarray(0, 200));
  const { status, stderr } = await depthwright('compile', SMALL_MODEL, '--config', 'tiny', '--out', build);
  if (status !== 0) throw new Error(stderr);
});
afterAll(scratch.remove);

const compileArguments = (model: string, ...more: string[]) => ['compile', model, '--out', out, ...more];
const simulateArguments = (folder: string, image = picture) => ['simulate', folder, '--image', image, '--dump', out];

/** Expects refusal: the exit code, nothing on standard output, one line of complaint that says all of `says`. */
async function expectRefusal(args: readonly string[], says: readonly (string | RegExp)[], status = 1): Promise<void> {
  const before = readdirSync(scratch.path(), { recursive: true });
  const outcome = await depthwright(...args);
  expect(outcome.status, outcome.stderr).toBe(status);
  expect(outcome.stdout).toBe('');
  const lines = outcome.stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' ...'));
  const hint = lines[1] === '(add --help for what the command takes)' ? 1 : 0;
  expect(lines.length - hint, outcome.stderr).toBe(1);
  expect(lines[0]).toMatch(status === 1 ? /^depthwright: .+\.$/ : /^error: /);
  expect(outcome.stderr).not.toMatch(/^\s+at /m);
  for (const part of says) expect(lines[0]).toMatch(part);
  expect(readdirSync(scratch.path(), { recursive: true })).toEqual(before);
}

describe('a model', () => {
  const require = createRequire(import.meta.url);
  const hands = join(require.resolve('@mediapipe/hands/package.json'), '..', 'hand_landmark_lite.tflite');

  it('that is cut short is refused with its file name', async () => {
    writeFileSync(at('short.tflite'), readFileSync(hands).subarray(0, 100_000));
    await expectRefusal(compileArguments(at('short.tflite')), [at('short.tflite'), /damaged|short|outside/]);
  });

  it('that is corrupted is refused with its file name', async () => {
    const bytes = Uint8Array.from(readFileSync(hands));
    for (let index = 16; index < 4000; index++) bytes[index] = (bytes[index]! * 31 + index) & 255;
    writeFileSync(at('corrupt.tflite'), bytes);
    await expectRefusal(compileArguments(at('corrupt.tflite')), [at('corrupt.tflite')]);
  });

  it('that is empty, missing, a folder or something else is refused with its file name', async () => {
    writeFileSync(at('empty.tflite'), '');
    writeFileSync(at('notes.onnx'), 'not a network at all, only words');
    mkdirSync(at('folder.tflite'));
    await expectRefusal(compileArguments(at('empty.tflite')), [at('empty.tflite'), 'empty']);
    await expectRefusal(compileArguments(at('missing.tflite')), [at('missing.tflite'), 'no such file']);
    await expectRefusal(compileArguments(at('folder.tflite')), [at('folder.tflite'), 'cannot be read']);
    await expectRefusal(compileArguments(at('notes.onnx')), [at('notes.onnx')]);
    await expectRefusal(compileArguments(picture), [picture, 'TFLite, ONNX or GGUF']);
  });

  it('with an operator that is not supported is refused with the layer and the operator', async () => {
    const net = new TestNet();
    const input = net.input([1, 4, 4, 3]);
    net.outputs.push(net.op('COS', [input], { dims: [1, 4, 4, 3], name: 'wave' }));
    writeFileSync(at('cosine.tflite'), net.bytes());
    await expectRefusal(compileArguments(at('cosine.tflite')), [at('cosine.tflite'), "layer 'wave'", 'COS']);
  });

  it('that needs calibration is refused without pictures', async () => {
    const net = new TestNet();
    const input = net.input([1, 4, 4, 3]);
    net.outputs.push(net.conv([input, net.constant([8, 1, 1, 3]), net.constant([8])], [1, 4, 4, 8]));
    writeFileSync(at('float.tflite'), net.bytes());
    const args = compileArguments(at('float.tflite'));
    await expectRefusal(args, [at('float.tflite'), '--calibrate']);
    await expectRefusal([...args, '--calibrate', scratch.path()], [at('float.tflite'), '--preprocess']);
    writeFileSync(at('statement.json'), '{"range": [1, 0]}');
    await expectRefusal([...args, '--preprocess', at('statement.json')], [at('statement.json'), "field 'range'"]);
    await expectRefusal([...args, '--preprocess', at('none.json')], [at('none.json'), 'no such file']);
    await expectRefusal([...args, '--preprocess', scratch.path()], [scratch.path(), 'cannot be read']);
    writeFileSync(at('statement.json'), '{"range": [-1, 1]}');
    const stated = [...args, '--preprocess', at('statement.json')];
    await expectRefusal([...stated, '--calibrate', at('nowhere')], [at('nowhere'), 'no such folder']);
    await expectRefusal([...stated, '--calibrate', at('folder.tflite')], [at('folder.tflite'), 'no pictures']);
    await expectRefusal([...stated, '--calibrate', scratch.path()], [/text\.jpg|half\.png/, 'picture']);
  });

  it('that is no builder is refused with the names of the builders', async () => {
    await expectRefusal(compileArguments('mobilenet_v9_1.0_224'), ['mobilenet_v9_1.0_224', 'mobilenet_v2_<width>']);
    await expectRefusal(compileArguments('mobilenet_v2_9.0_224'), ['mobilenet_v2_9.0_224', 'Width is 0.05 to 4']);
    await expectRefusal(['inspect', 'no-such-model'], ['no-such-model', 'mobilenet_v2_<width>']);
  });
});

describe('a configuration', () => {
  const write = (change: object) =>
    writeFileSync(at('config.json'), JSON.stringify({ ...namedConfig('tiny'), ...change }));

  it('that cannot hold a layer is refused with the layer', async () => {
    write({ name: 'cramped', activationDepth: 16, weightDepth: 16 });
    const args = compileArguments(SMALL_MODEL, '--config', at('config.json'));
    await expectRefusal(args, [/layer '[^']+'/, "'cramped'", 'activationDepth']);
  });

  it.each([
    ['pixels', { pixels: 3 }],
    ['lanes', { lanes: 32 }],
    ['clockMHz', { clockMHz: 'fast' }],
    ['activationDepth', { activationDepth: undefined }],
    ['windowKernels', { windowKernels: ['depthwise9'] }],
    ['colour', { colour: 'red' }],
  ])('with a bad %s is refused with the name of the field', async (field, change) => {
    write(change);
    await expectRefusal(['configs', at('config.json')], [at('config.json'), field]);
  });

  it('that is unknown, not JSON or not readable is refused', async () => {
    await expectRefusal(['configs', 'huge'], ["'huge'", 'pynq-z2']);
    writeFileSync(at('config.json'), '{"name": ');
    await expectRefusal(['configs', at('config.json')], [at('config.json'), 'not JSON']);
    await expectRefusal(['configs', scratch.path()], ['cannot be read']);
  });
});

describe('a picture', () => {
  it.each([
    ['is not a picture', 'text.jpg'],
    ['is cut short', 'half.png'],
    ['is missing', 'none.png'],
  ])('that %s is refused with its file name', async (_what, name) => {
    await expectRefusal(simulateArguments(build, at(name)), [at(name), 'picture']);
    await expectRefusal(['run', SMALL_MODEL, '--image', at(name), '--out', out], [at(name), 'picture']);
  });
});

describe('a build folder', () => {
  const broken = at('broken');
  async function expectBroken(damage: () => void, says: readonly (string | RegExp)[]): Promise<void> {
    rmSync(broken, { recursive: true, force: true });
    cpSync(build, broken, { recursive: true });
    damage();
    await expectRefusal(simulateArguments(broken), says);
  }

  it('with a changed file is refused with the name of the file', async () => {
    let tried = 0;
    for (const name of readdirSync(build).filter((file) => file !== '.depthwright' && file !== 'manifest.json')) {
      const file = join(broken, name);
      const change = () => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(file, bytes);
      };
      await expectBroken(change, [file, 'has changed', 'Compile the model again']);
      await expectBroken(() => rmSync(file), [file, 'cannot be read']);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(6);
  });

  it('with a broken manifest is refused with the field', async () => {
    const manifest = join(broken, 'manifest.json');
    await expectBroken(() => writeFileSync(manifest, '{'), [manifest, 'not JSON']);
    await expectBroken(() => writeFileSync(manifest, '{}'), [manifest, 'format']);
    const rewrite = (change: object) => {
      const value = JSON.parse(readFileSync(manifest, 'utf8')) as object;
      writeFileSync(manifest, JSON.stringify({ ...value, ...change }));
    };
    await expectBroken(() => rewrite({ format: 99 }), [manifest, 'format']);
    await expectBroken(() => rewrite({ files: {} }), [/does not list/]);
  });

  it('that is none is refused', async () => {
    await expectRefusal(simulateArguments(at('nothing')), [at('nothing'), 'cannot be read']);
    await expectRefusal(simulateArguments(picture), [picture, 'cannot be read']);
  });
});

describe('a calibration of pruning levels', () => {
  const images = at('pictures');
  const labels = at('classes.csv');
  const args = (...more: string[]) => ['prune', SMALL_MODEL, '--config', 'tiny', '--out', out, ...more];
  beforeAll(async () => {
    mkdirSync(images);
    mkdirSync(at('no-pictures'));
    for (let picture = 0; picture < 9; picture++) await writePicture(join(images, `${picture}.png`));
  });

  it('without pictures, or with too few, is refused with the folder or the number', async () => {
    await expectRefusal(args('--images', at('no-pictures')), [at('no-pictures'), 'no pictures']);
    await expectRefusal(args('--images', at('nowhere')), [at('nowhere'), 'no such folder']);
    await expectRefusal(args('--images', images, '--holdout', '2'), ['7 images are too few', 'at least 8']);
    await expectRefusal(args('--images', images, '--holdout', '9'), [images, '--holdout 9', 'there are 9 pictures']);
    await expectRefusal(args('--images', images, '--holdout', '99'), [images, '--holdout 99']);
  });

  it('with labels that do not fit the pictures is refused with the picture', async () => {
    const refused = (rows: string, says: readonly string[], ...more: string[]) => {
      writeFileSync(labels, rows);
      return expectRefusal(args('--images', images, '--labels', labels, ...more), says);
    };
    await refused('0.png,1\nlost.png,2\ngone.png,3\n', [join(images, 'lost.png'), labels, '2 of 3 are missing']);
    await refused('0.png,1\n1.png,1001\n', [join(images, '1.png'), 'class 1002 does not exist']);
    await refused('0.png,1001\n', ['class 1001 does not exist'], '--label-offset', '0');
    await refused('0.png,cat\n1.png,cat\n', [labels, "row 1 has no file name and class number ('1.png', 'cat')"]);
    await refused('', [labels, 'no images are left']);
    await refused('0.png,1\n1.png,2\n', ['2 images are too few']);
  });

  it.each([
    ['--budget', '0', 'more than 0'],
    ['--budget', '-1', 'more than 0'],
    ['--budget', 'much', 'more than 0'],
    ['--budget', '101', 'at most 100'],
    ['--label-offset', 'one', 'whole number'],
    ['--holdout', '0', 'whole number'],
    ['--objective', 'beauty', 'energy, latency'],
  ])('with %s %s is refused', async (option, value, says) => {
    await expectRefusal(args('--images', images, option, value), [option, says], 2);
  });

  it('with levels that the accelerator has not is refused', async () => {
    for (const levels of ['1', '9']) {
      await expectRefusal(args('--images', images, '--levels', levels), [`cannot be ${levels} levels`, '2 to 8']);
    }
  });

  it('into a folder that is not ours, or with a file where unfinished steps go, is refused and keeps them', async () => {
    mkdirSync(at('theirs'));
    writeFileSync(at('theirs', 'thesis.txt'), 'precious');
    const into = (folder: string) => ['prune', SMALL_MODEL, '--images', images, '--out', folder];
    await expectRefusal(into(at('theirs')), [at('theirs'), 'thesis.txt']);
    await expectRefusal(into(picture), [picture, 'it is a file']);
    writeFileSync(at('taken.unfinished'), 'precious');
    await expectRefusal(into(at('taken')), [at('taken.unfinished'), 'it is a file']);
  });

  it('that was never made leaves a build with level 0 alone', async () => {
    const never = 'level 1 was never calibrated: there are no pruning levels';
    await expectRefusal([...simulateArguments(build).slice(0, 4), '--level', '1'], [never, '--pruning']);
    writeFileSync(labels, '0.png,1\n');
    const evaluate = ['evaluate', build, '--images', images, '--labels', labels, '--level', '1'];
    await expectRefusal(evaluate, [never, '--pruning']);
    await expectRefusal(['verify', build, '--level', '1'], [never, '--pruning']);
  });
});

describe('an output folder', () => {
  const args = (folder: string) => ['compile', SMALL_MODEL, '--config', 'tiny', '--out', folder];

  it('that is a file is refused and kept', async () => {
    await expectRefusal(args(picture), [picture, 'it is a file']);
  });

  it('that holds files of others is refused and kept', async () => {
    mkdirSync(at('mine'));
    writeFileSync(at('mine', 'thesis.txt'), 'precious');
    await expectRefusal(args(at('mine')), [at('mine'), 'thesis.txt']);
    expect(readFileSync(at('mine', 'thesis.txt'), 'utf8')).toBe('precious');
  });

  it('that was ours but now holds files of others too is refused and kept', async () => {
    writeFileSync(join(build, 'notes.txt'), 'precious');
    await expectRefusal(args(build), [build, 'notes.txt']);
    rmSync(join(build, 'notes.txt'));
  });

  it('whose parent is a file is refused, before any work', async () => {
    await expectRefusal(args(join(picture, 'deep', 'build')), [picture, 'ENOTDIR']);
    await expectRefusal([...simulateArguments(build).slice(0, 4), '--dump', join(picture, 'x')], [picture, 'ENOTDIR']);
    await expectRefusal(['run', '--out', join(picture, 'x')], [picture, 'ENOTDIR']);
  });
});

describe('a command line', () => {
  it.each([
    ['an unknown option', ['run', '--colour'], '--colour'],
    ['an unknown command', ['fly'], "'fly'"],
    ['a missing option', ['compile', SMALL_MODEL], '--out'],
    ['a missing argument', ['simulate', '--image', picture], 'build'],
    ['too many arguments', ['inspect', 'a', 'b'], 'too many'],
    ['a count of nothing', compileArguments(SMALL_MODEL, '--calibration-images', '0'), '--calibration-images'],
    ['a count that is no number', compileArguments(SMALL_MODEL, '--calibration-images', 'many'), 'whole number'],
  ])('with %s is refused with what is wrong', async (_what, args, says) => {
    await expectRefusal(args, [says], 2);
  });

  it('with labels that cannot be read is refused with their file', async () => {
    const args = ['run', SMALL_MODEL, '--image', picture, '--out', out, '--labels', at('none.txt')];
    await expectRefusal(args, [at('none.txt'), 'labels']);
  });
});
