import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import QRCode from 'qrcode';
import satori from 'satori';

const require = createRequire(import.meta.url);

/** The fonts that names are drawn with: Chinese first, Latin with accents second. Read once, when first needed. */
let fonts: { name: string; data: Buffer; weight: 500 }[] | undefined;

function loadFonts() {
  fonts ??= ['chinese-simplified', 'latin', 'latin-ext'].map((subset) => ({
    name: 'Noto Sans SC',
    weight: 500,
    data: readFileSync(require.resolve(`@fontsource/noto-sans-sc/files/noto-sans-sc-${subset}-500-normal.woff`)),
  }));
  return fonts;
}

export interface CodeImage {
  readonly name: string;
  /** What the QR code says; or the picture WeCom made, as PNG or JPEG. */
  readonly qr: { readonly text: string } | { readonly picture: Buffer };
  readonly width: number;
}

/** The QR code with its name beneath, as SVG whose letters are outlines: it prints alike everywhere. */
export async function drawCode(image: CodeImage): Promise<string> {
  const { width } = image;
  const margin = Math.round(width * 0.07);
  const side = width - 2 * margin;
  const source =
    'text' in image.qr
      ? await QRCode.toDataURL(image.qr.text, { margin: 0, width: side, errorCorrectionLevel: 'M' })
      : asDataUrl(image.qr.picture);
  const fontSize = Math.round(width * (image.name.length > 16 ? 0.05 : 0.065));
  const text = {
    type: 'div',
    props: {
      style: {
        display: 'flex',
        justifyContent: 'center',
        textAlign: 'center',
        marginTop: margin * 0.6,
        fontSize,
        color: '#1f2329',
        width: side,
      },
      children: image.name,
    },
  };
  const picture = { type: 'img', props: { src: source, width: side, height: side } };
  const card = {
    type: 'div',
    props: {
      style: {
        display: 'flex',
        flexDirection: 'column',
        alignItems: 'center',
        background: '#fff',
        paddingTop: margin,
        paddingBottom: margin,
        width,
      },
      children: [picture, text],
    },
  };
  return satori(card as Parameters<typeof satori>[0], { width, fonts: loadFonts() });
}

export function toPng(svg: string, width: number): Buffer {
  return Buffer.from(new Resvg(svg, { fitTo: { mode: 'width', value: width } }).render().asPng());
}

function asDataUrl(picture: Buffer): string {
  const type = picture[0] === 0x89 ? 'image/png' : 'image/jpeg';
  return `data:${type};base64,${picture.toString('base64')}`;
}
