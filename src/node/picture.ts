/** The result drawn on the photograph, with the figures of the accelerator below it, as PNG. */
import sharp from 'sharp';
import type { Resize } from '../import/preprocess.ts';
import { escapeHtml, percent, prefixed, whole } from '../report/format.ts';
import type { Summary } from '../report/summary.ts';
import { HAND_BONES, type Hand, type Landmark } from '../tasks/hand.ts';
import { encodePng, loadWholePicture, type Placement } from './image.ts';

/** What is drawn over a photograph. */
export type Overlay =
  | {
      readonly kind: 'hand';
      readonly hand: Hand;
      /** Height and width of the network's frame, whose pixels the landmarks count. */
      readonly frame: readonly [height: number, width: number];
      /** How the photograph was brought to the frame. */
      readonly resize: Resize;
    }
  | {
      readonly kind: 'classes';
      /** Best first; `share` is the bar's length, 0..1, and stands beside it in percent where no `text` is given. */
      readonly classes: readonly { readonly label: string; readonly share: number; readonly text?: string }[];
    }
  | { readonly kind: 'none' };

/** Figures of the caption. */
export type CaptionFigures = Pick<
  Summary,
  'model' | 'config' | 'cycles' | 'framesPerSecond' | 'utilisation' | 'offChipBytes'
>;

/** Longer side of the drawn photograph, pixels: small ones are enlarged, large ones made smaller. */
const LONG_SIDE = 720;
const FONT = 'DejaVu Sans, Segoe UI, Roboto, Liberation Sans, Arial, Helvetica, sans-serif';
/** Narrowest caption, pixels; narrow pictures get borders. */
const NARROWEST = 560;

/** PNG of the photograph with the overlay and a caption strip. */
export async function drawPicture(file: string, figures: CaptionFigures, overlay: Overlay): Promise<Uint8Array> {
  const photo = await loadWholePicture(file);
  const scale = LONG_SIDE / Math.max(photo.width, photo.height);
  const width = Math.max(1, Math.round(photo.width * scale));
  const height = Math.max(1, Math.round(photo.height * scale));
  const canvas = Math.max(width, NARROWEST);
  const left = Math.floor((canvas - width) / 2);
  const image = await sharp(await encodePng(photo))
    .resize(width, height, { fit: 'fill' })
    .toBuffer();
  const hand = overlay.kind === 'hand' ? drawHand(overlay, photo, { left, top: 0, width, height }) : '';
  const strip = caption(figures, overlay, canvas, height);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas}" height="${height + strip.height}">${hand}${strip.svg}</svg>`;
  return sharp({ create: { width: canvas, height: height + strip.height, channels: 3, background: '#12161c' } })
    .composite([
      { input: image, left, top: 0 },
      { input: Buffer.from(svg), left: 0, top: 0 },
    ])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Where the whole photograph lies in the network's frame, in frame pixels; beyond the frame where it was cropped. */
export function placeInFrame(
  photo: { readonly width: number; readonly height: number },
  [height, width]: readonly [number, number],
  resize: Resize,
): Placement {
  if (resize === 'stretch') return { left: 0, top: 0, width, height };
  const scales = [width / photo.width, height / photo.height] as const;
  const scale = resize === 'letterbox' ? Math.min(...scales) : Math.max(...scales);
  const size = { width: photo.width * scale, height: photo.height * scale };
  return { left: (width - size.width) / 2, top: (height - size.height) / 2, ...size };
}

/** Bones and joints; fingers have colours of their own, nearer joints are larger. */
function drawHand(
  { hand, frame, resize }: Overlay & { kind: 'hand' },
  photo: { readonly width: number; readonly height: number },
  area: Placement,
): string {
  const placed = placeInFrame(photo, frame, resize);
  const at = ({ x, y }: Landmark): [number, number] => [
    area.left + ((x - placed.left) / placed.width) * area.width,
    area.top + ((y - placed.top) / placed.height) * area.height,
  ];
  const points = hand.landmarks.map(at);
  const extent = Math.max(
    Math.max(...points.map(([x]) => x)) - Math.min(...points.map(([x]) => x)),
    Math.max(...points.map(([, y]) => y)) - Math.min(...points.map(([, y]) => y)),
  );
  const line = Math.min(5, Math.max(2, extent / 90));
  const bones = HAND_BONES.map(
    ([from, to]) => [points[from]!, points[to]!, fingerColour(from === 0 ? 0 : to)] as const,
  );
  const stroke = ([[x1, y1], [x2, y2], colour]: (typeof bones)[number], width: number, shade?: string): string =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${shade ?? colour}" stroke-width="${width.toFixed(1)}" stroke-linecap="round"/>`;
  const depths = hand.landmarks.map(({ z }) => z);
  const [near, far] = [Math.min(...depths), Math.max(...depths)];
  const joints = points.map(([x, y], index) => {
    const closeness = far > near ? (far - depths[index]!) / (far - near) : 0.5;
    const radius = line * (1.25 + 0.75 * closeness);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="#fff" stroke="${fingerColour(index)}" stroke-width="${(line * 0.7).toFixed(1)}"/>`;
  });
  return [
    ...bones.map((bone) => stroke(bone, line + 2.5, 'rgba(10,14,20,0.55)')),
    ...bones.map((bone) => stroke(bone, line)),
    ...joints,
  ].join('');
}

/** Wrist and palm grey, then thumb to little finger. */
function fingerColour(landmark: number): string {
  if (landmark === 0) return '#d5dbe3';
  return ['#ef5a5a', '#f2a33a', '#4cc38a', '#4a9df0', '#b27af0'][Math.floor((landmark - 1) / 4)]!;
}

/** Strip of text from `top` down. */
function caption(
  figures: CaptionFigures,
  overlay: Overlay,
  width: number,
  top: number,
): { readonly svg: string; readonly height: number } {
  const parts: string[] = [];
  const text = (x: number, y: number, size: number, colour: string, content: string, more = ''): void => {
    parts.push(
      `<text x="${x}" y="${y}" font-family="${FONT}" font-size="${size}" fill="${colour}" ${more}>${escapeHtml(content)}</text>`,
    );
  };
  const margin = 18;
  let y = top + 30;
  text(margin, y, 16, '#e6eaf0', `${shortened(figures.model, 38)} on ${figures.config}`, 'font-weight="bold"');
  if (overlay.kind === 'hand') {
    text(width - margin, y, 14, '#b3bdca', `hand present: ${percent(overlay.hand.presence)}`, 'text-anchor="end"');
  }
  y += 26;
  const cells = [
    [figures.framesPerSecond.toFixed(1), 'frames/s'],
    [whole(figures.cycles), 'cycles'],
    [percent(figures.utilisation), 'multipliers used'],
    [prefixed(figures.offChipBytes, 'B'), 'off-chip traffic'],
  ] as const;
  cells.forEach(([value, name], index) => {
    const x = margin + (index * (width - 2 * margin)) / cells.length;
    text(x, y + 6, 19, '#78a9f5', value, 'font-weight="bold"');
    text(x, y + 25, 12, '#8c98a8', name);
  });
  y += 25;
  if (overlay.kind === 'classes' && overlay.classes.length > 0) {
    y += 14;
    const bar = Math.max(120, width * 0.32);
    for (const { label, share, text: figure } of overlay.classes.slice(0, 5)) {
      y += 24;
      const at = width - margin - bar;
      text(margin, y, 14, '#e6eaf0', shortened(label, Math.floor((at - 2 * margin) / 8.4)));
      parts.push(
        `<rect x="${at}" y="${y - 11}" width="${bar - 58}" height="12" rx="4" fill="#28303c"/>`,
        `<rect x="${at}" y="${y - 11}" width="${Math.max(2, (bar - 58) * share).toFixed(1)}" height="12" rx="4" fill="#78a9f5"/>`,
      );
      text(width - margin, y, 13, '#b3bdca', figure ?? percent(share), 'text-anchor="end"');
    }
  }
  const height = y + 18 - top;
  return {
    svg: `<rect x="0" y="${top}" width="${width}" height="${height}" fill="#12161c"/>${parts.join('')}`,
    height,
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`;
}
