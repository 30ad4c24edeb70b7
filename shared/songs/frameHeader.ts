/** One header of an MPEG audio frame, Layer III: how long the frame is, in bytes and in samples. */
export interface FrameHeader {
  /** The whole frame, header included. */
  bytes: number;
  samples: number;
  sampleRateHz: number;
  bitrateKbps: number;
  /** Where a Xing or Info tag would stand: behind the side information, whose size depends on version and channels. */
  xingOffset: number;
}

/** Bytes of a header. */
export const HEADER_BYTES = 4;

const BITRATES_KBPS = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
/** By the two version bits: 2.5, reserved, 2, 1. */
const SAMPLE_RATES_HZ = [[11025, 12000, 8000], undefined, [22050, 24000, 16000], [44100, 48000, 32000]];
const MPEG1 = 3;
const LAYER_III = 1;
const MONO = 3;

/**
 * Reads the header at `at`, which must have `HEADER_BYTES` bytes behind it.
 *
 * @returns undefined where no Layer III header stands. "Free" bit rates are refused: no encoder of songs writes them, and their
 * frames have no length of their own.
 * @see ISO/IEC 11172-3, 2.4.1.3; ISO/IEC 13818-3, 2.4.2.3; MPEG 2.5 is Fraunhofer's extension to 8, 11.025 and 12 kHz
 */
export function readFrameHeader(data: Buffer, at: number): FrameHeader | undefined {
  const [first, second, third, fourth] = [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!];
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  const version = (second >> 3) & 3;
  const sampleRateHz = SAMPLE_RATES_HZ[version]?.[(third >> 2) & 3];
  const bitrateKbps = BITRATES_KBPS[version === MPEG1 ? 'mpeg1' : 'mpeg2'][third >> 4];
  if (((second >> 1) & 3) !== LAYER_III || !sampleRateHz || !bitrateKbps) return undefined;
  const samples = version === MPEG1 ? 1152 : 576;
  const padding = (third >> 1) & 1;
  const bytes = Math.floor((samples * bitrateKbps * 125) / sampleRateHz) + padding; // 125: kbit/s to bytes/s
  const sideBytes = sideInformationBytes(version === MPEG1, fourth >> 6 === MONO);
  return { bytes, samples, sampleRateHz, bitrateKbps, xingOffset: HEADER_BYTES + sideBytes };
}

function sideInformationBytes(isMpeg1: boolean, isMono: boolean): number {
  if (isMpeg1) return isMono ? 17 : 32;
  return isMono ? 9 : 17;
}

/** Whether two frames can follow each other in one stream: bit rate and channels may change, the sampling does not. */
export function followsOn(one: FrameHeader, next: FrameHeader): boolean {
  return one.sampleRateHz === next.sampleRateHz && one.samples === next.samples;
}
