import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat, truncate } from 'node:fs/promises';
import { crc32c } from './crc32c.ts';

/** A finished file that waits to become an object's content. */
export interface Content {
  path: string;
  bytes: number;
  /** Base64 of four bytes, most significant first. */
  crc32c: string;
  /** Base64. */
  md5Hash: string;
}

/**
 * Writes a file piece by piece and counts its checksums as the pieces pass, so that memory does not grow with the file.
 *
 * After a restart, or when the end was cut off again, the checksums so far are unknown; then `finish` reads the file once more.
 */
export class ContentWriter {
  readonly path: string;
  #handle: FileHandle | undefined;
  #bytes = 0;
  #crc = 0;
  #md5: Hash = createHash('md5');
  #knowsChecksums = true;

  /** @param path - need not exist; what is there already is gone on with */
  static async open(path: string): Promise<ContentWriter> {
    const writer = new ContentWriter(path);
    const known = await stat(path).catch(() => undefined);
    writer.#bytes = known?.size ?? 0;
    writer.#knowsChecksums = writer.#bytes === 0;
    return writer;
  }

  private constructor(path: string) {
    this.path = path;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(piece: Buffer): Promise<void> {
    this.#handle ??= await open(this.path, this.#bytes > 0 ? 'r+' : 'w');
    for (let written = 0; written < piece.length; ) {
      const { bytesWritten } = await this.#handle.write(piece, written, piece.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#bytes += piece.length;
    if (this.#knowsChecksums) this.#count(piece);
  }

  /** Forgets what stands behind `bytes`. */
  async cutTo(bytes: number): Promise<void> {
    if (bytes >= this.#bytes) return;
    await truncate(this.path, bytes);
    this.#bytes = bytes;
    this.#knowsChecksums = false;
  }

  /** Gives the descriptor back until the next `write`. */
  async pause(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Makes the file last, and closes it. */
  async finish(): Promise<Content> {
    this.#handle ??= await open(this.path, this.#bytes > 0 ? 'r+' : 'w');
    await this.#handle.truncate(this.#bytes);
    await this.#handle.sync();
    await this.pause();
    if (!this.#knowsChecksums) await this.#countAgain();
    const crcBytes = Buffer.alloc(4);
    crcBytes.writeUInt32BE(this.#crc);
    return { path: this.path, bytes: this.#bytes, crc32c: crcBytes.toString('base64'), md5Hash: this.#md5.copy().digest('base64') };
  }

  async discard(): Promise<void> {
    await this.pause();
    await rm(this.path, { force: true });
  }

  #count(piece: Buffer): void {
    this.#crc = crc32c(piece, this.#crc);
    this.#md5.update(piece);
  }

  async #countAgain(): Promise<void> {
    this.#crc = 0;
    this.#md5 = createHash('md5');
    for await (const piece of createReadStream(this.path)) this.#count(piece);
    this.#knowsChecksums = true;
  }
}
