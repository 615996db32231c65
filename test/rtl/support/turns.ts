/** Residuals in four turns of one pixel, memories in segments. */
import { type Config, parseConfig } from '../../../src/spec/config.ts';
import { namedConfig } from '../../../src/spec/configs.ts';

export const TURNS: Config = parseConfig({
  ...namedConfig('tiny'),
  name: 'turns',
  pixels: 4,
  requantisePixels: 4,
  residualPixels: 1,
  activationDepth: 1024,
  weightDepth: 1024,
  segmentDepth: 256,
});
