/**
 * A stand-in for the TopMediai music API on this machine. What of it is known, and from where:
 *
 * Documented by the provider: the four calls and the header `x-api-key`; the fields of a request, the models, their lyrics
 * limits and credits (v3.0 to v4.5-plus); the fields of a task; the bare key information; 422 with `detail`; a task list
 * without envelope (`bareArray`).
 *
 * Seen in code of its clients: HTTP 200 with the truth in `status`; two ids as strings; the enveloped task list; status 1, 2,
 * 0 and 3; -1 and milliseconds as duration; empty strings before values; a preview link that dies or leads on; covers later
 * than the sound; 400000 and 400015; 500 without a key; style limits and the cap of 80 for titles; `data.text` for lyrics;
 * `video/mp4` as the label of an MP3; ids missing from an answer; custom lyrics echoed, those of `auto` ignored.
 *
 * Inferred here: 401 for a wrong key; credits spent at the submit and never given back; v5.0 like v4.5; v4.5 when no model
 * is named; lyrics demanded in sung `custom`; lengths in code points; free lyrics calls; how long each phase lasts;
 * files without a key; every other fault of `sandboxFaults/faultList.ts`.
 *
 * Left out, because Sori does not call them: v2, `/v1/music`, conversions to WAV and MP4, singers, extensions.
 */
import type { SongRequest } from './planSong.ts';
import { openStudio, type Studio } from './studio.ts';

export { FAULTS, type FaultName, type Place } from '../sandboxFaults/faultList.ts';
export type { FaultRequest } from '../sandboxFaults/faults.ts';
export { drawCover } from './drawCover.ts';
export type { SongRequest } from './planSong.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './startSandbox.ts';

let studio: Studio | undefined;

/**
 * Makes a song without a server: MP3, 44.1 kHz stereo, 160 kbit/s, about a seventh of its length in computing time.
 *
 * @returns a file whose length is within 14 ms of `seconds`; the same bytes for the same request
 */
export function composeSong(request: SongRequest): Promise<Buffer> {
  studio ??= openStudio();
  return studio.sound(request);
}
