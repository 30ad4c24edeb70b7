import { type FrameHeader, followsOn, HEADER_BYTES, readFrameHeader } from './frameHeader.ts';

/** What the frames of an MP3 say about it. */
export interface PlayingTime {
  /** An integer, at least 1. */
  durationMs: number;
  frames: number;
  /** Mean over the frames. */
  bitrateKbps: number;
  sampleRateHz: number;
}

/** The bytes are no MP3 that could be played. */
export class AudioUnreadable extends Error {
  override name = 'AudioUnreadable';
}

export interface FrameCounter {
  /** Takes the next piece of the file, of any size. */
  push(chunk: Uint8Array): void;
  /** @throws {AudioUnreadable} when there were fewer than two consecutive frames, or when most of the file is something else */
  end(): PlayingTime;
}

/** A frame is believed when a second one follows it at its end: two bytes that look like a header occur in any file. */
const ENOUGH_FRAMES = 2;
const ID3_HEADER_BYTES = 10;
const VBRI_OFFSET = 36;

/**
 * Counts the playing time of an MPEG-1, 2 or 2.5 Layer III stream from its own frames, while it passes by.
 *
 * Memory does not grow with the file: never more than one frame and one chunk are held. How the file is cut into chunks does
 * not matter. ID3v2 tags are skipped, junk between frames too. A Xing, Info or VBRI frame holds no sound, and what it claims is
 * not read: it may lie, and a cut file still has it. A last frame that is cut is not counted.
 *
 * @see ISO/IEC 11172-3, 2.4.1.3 (frame header); id3.org/id3v2.4.0-structure, 3.1
 */
export function createFrameCounter(): FrameCounter {
  return new FrameReader();
}

class FrameReader implements FrameCounter {
  private frames = 0;
  private frameBytes = 0;
  private junkBytes = 0;
  private seconds = 0;
  private sampleRateHz = 0;
  /** Bytes that cannot be judged before more have come. */
  private pending: Buffer = Buffer.alloc(0);
  private skipBytes = 0;
  /** The frame whose body is being skipped; it counts when its last byte has come. */
  private passing: FrameHeader | undefined;
  /** The frame before this place, while the stream is in step. */
  private last: FrameHeader | undefined;
  /** A tag can begin here: at the start, behind a tag, behind a frame. */
  private atBoundary = true;

  push(chunk: Uint8Array): void {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const data = this.pending.length > 0 ? Buffer.concat([this.pending, piece]) : piece;
    this.pending = Buffer.from(data.subarray(this.read(data))); // a copy: the chunk belongs to the caller
  }

  end(): PlayingTime {
    // What still waits for a second frame has none: its first byte is passed, and what stands behind it is tried.
    while (this.pending.length > 0) {
      this.last = undefined;
      this.atBoundary = false;
      const data = this.pending.subarray(this.pass(0, 1));
      this.pending = data.subarray(this.read(data));
    }
    if (this.frames < ENOUGH_FRAMES) throw new AudioUnreadable('no two consecutive MP3 frames');
    if (this.junkBytes > this.frameBytes) throw new AudioUnreadable('most of the file is not MP3 frames');
    return {
      durationMs: Math.max(1, Math.round(this.seconds * 1000)),
      frames: this.frames,
      bitrateKbps: Math.round((this.frameBytes * 8) / this.seconds / 1000),
      sampleRateHz: this.sampleRateHz,
    };
  }

  /** Reads as far as the bytes allow. @returns where it stopped */
  private read(data: Buffer): number {
    let at = 0;
    while (at < data.length) {
      const next = this.step(data, at);
      if (next === undefined) break;
      at = next;
    }
    return at;
  }

  /** @returns where to go on; `undefined` when that cannot be told without more bytes */
  private step(data: Buffer, at: number): number | undefined {
    if (this.skipBytes > 0) return this.skip(data, at);
    return this.last ? this.follow(data, at, this.last) : this.search(data, at);
  }

  private skip(data: Buffer, at: number): number {
    const bytes = Math.min(this.skipBytes, data.length - at);
    this.skipBytes -= bytes;
    if (this.skipBytes === 0 && this.passing) {
      this.count(this.passing);
      this.passing = undefined;
    }
    return at + bytes;
  }

  /** In step: the next header stands exactly here, or the stream is out of step. */
  private follow(data: Buffer, at: number, last: FrameHeader): number | undefined {
    if (data.length - at < HEADER_BYTES) return undefined;
    const header = readFrameHeader(data, at);
    if (header && followsOn(last, header)) {
      this.last = header;
      this.passing = header;
      this.skipBytes = header.bytes;
    } else {
      this.last = undefined;
      this.atBoundary = true;
    }
    return at;
  }

  /** Out of step: looks for a place where one frame follows another. */
  private search(data: Buffer, at: number): number | undefined {
    if (this.atBoundary && couldBeId3(data, at)) {
      if (data.length - at < ID3_HEADER_BYTES) return undefined;
      this.skipBytes = id3Bytes(data, at) ?? 0;
      if (this.skipBytes > 0) return at;
    }
    this.atBoundary = false;
    const candidate = data.indexOf(0xff, at);
    if (candidate !== at) return this.pass(at, candidate === -1 ? data.length : candidate);
    return data.length - at < HEADER_BYTES ? undefined : this.begin(data, at);
  }

  /** Looks whether a stream of frames begins here. */
  private begin(data: Buffer, at: number): number | undefined {
    const header = readFrameHeader(data, at);
    if (!header) return this.pass(at, at + 1);
    if (data.length - at < header.bytes + HEADER_BYTES) return undefined;
    const next = readFrameHeader(data, at + header.bytes);
    if (!next || !followsOn(header, next)) return this.pass(at, at + 1);
    if (!isInfoFrame(data, at, header)) this.count(header);
    this.last = header;
    return at + header.bytes;
  }

  private count(frame: FrameHeader): void {
    this.frames += 1;
    this.frameBytes += frame.bytes;
    this.seconds += frame.samples / frame.sampleRateHz;
    this.sampleRateHz = frame.sampleRateHz;
  }

  private pass(from: number, to: number): number {
    this.junkBytes += to - from;
    return to;
  }
}

function couldBeId3(data: Buffer, at: number): boolean {
  const start = data.toString('latin1', at, at + 3);
  return 'ID3'.startsWith(start);
}

/** Length of the ID3v2 tag at this place, its header and footer included. Sizes are written in 7 bits a byte. */
function id3Bytes(data: Buffer, at: number): number | undefined {
  const sizes = data.subarray(at + 6, at + ID3_HEADER_BYTES);
  if (sizes.some((byte) => byte > 0x7f)) return undefined;
  const size = sizes.reduce((sum, byte) => sum * 128 + byte, 0);
  const hasFooter = (data[at + 5]! & 0x10) !== 0;
  return ID3_HEADER_BYTES + size + (hasFooter ? ID3_HEADER_BYTES : 0);
}

function isInfoFrame(data: Buffer, at: number, { xingOffset }: FrameHeader): boolean {
  const tag = (offset: number) => data.toString('latin1', at + offset, at + offset + 4);
  return ['Xing', 'Info'].includes(tag(xingOffset)) || tag(VBRI_OFFSET) === 'VBRI';
}
