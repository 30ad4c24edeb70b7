import parseRange from 'range-parser';
import type { Struck } from '../sandboxFaults/faults.ts';
import { type Answer, html, json, redirect } from './answer.ts';
import type { Service } from './api.ts';
import { drawCover } from './drawCover.ts';
import { phaseOf, previewLives } from './songLife.ts';
import type { Song } from './submissions.ts';

export interface FileRequest {
  path: string;
  query: URLSearchParams;
  range: string | undefined;
  struck: Struck;
}

/** `/files/<id>.mp3`: the finished song. No key is asked for (I: no client sends one). */
export async function showAudio(service: Service, song: Song | undefined, request: FileRequest): Promise<Answer> {
  const { struck } = request;
  const other = insteadOfFile(service, request);
  if (other) return other;
  if (struck.has('audioHtml')) return html(200, 'Your file is being prepared');
  if (song === undefined || struck.has('audio404') || phaseOf(song, service.now(), service.pace) !== 'final') return notFound();
  if (struck.has('audioNoise')) return sound(Buffer.alloc(60_000, 'no music at all '), request);
  const mp3 = await service.studio.sound(song.sound);
  return sound(struck.has('audioHalf') ? mp3.subarray(0, Math.floor(mp3.length / 2)) : mp3, request);
}

/** `/stream/<id>.mp3`: what is made so far, later a way to the file, at last 403 (C; the times are ours). */
export async function streamPreview(service: Service, song: Song | undefined, request: FileRequest): Promise<Answer> {
  const other = insteadOfFile(service, request);
  if (other) return other;
  if (song === undefined) return notFound();
  const phase = phaseOf(song, service.now(), service.pace);
  if (!previewLives(song, service.now(), service.pace)) return expired();
  if (phase === 'final') return redirect(`${service.url}/files/${song.id}.mp3`);
  if (phase !== 'preview' && phase !== 'halfFinal') return notFound();
  const mp3 = await service.studio.sound(song.sound);
  return sound(mp3.subarray(0, Math.floor(mp3.length / 2)), request);
}

/** `/covers/<id>.jpg`. */
export async function showCover(service: Service, song: Song | undefined, request: FileRequest): Promise<Answer> {
  const { struck } = request;
  const other = insteadOfFile(service, request);
  if (other) return other;
  if (struck.has('coverHtml')) return html(200, 'No picture');
  if (song === undefined || struck.has('cover404') || phaseOf(song, service.now(), service.pace) !== 'final') return notFound();
  const jpeg = await drawCover({ seed: song.sound.seed + song.sound.style, title: song.title });
  return ranged(struck.has('coverHalf') ? jpeg.subarray(0, Math.floor(jpeg.length / 2)) : jpeg, 'image/jpeg', request.range);
}

function insteadOfFile(service: Service, { struck, path, query }: FileRequest): Answer | undefined {
  if (struck.has('previewExpired')) return expired();
  if (struck.has('redirectLoop')) return redirect(`${service.url}${path}`);
  const chain = struck.find('redirectChain');
  const hops = Number(query.get('hop') ?? 0);
  return chain && hops < (chain.count ?? 4) ? redirect(`${service.url}${path}?hop=${hops + 1}`) : undefined;
}

function expired(): Answer {
  return json(403, { status: 403, message: 'invalid or expired stream URL' });
}

function notFound(): Answer {
  return json(404, { status: 404, message: 'Not Found' });
}

function sound(bytes: Buffer, { struck, range }: FileRequest): Answer {
  const type = struck.has('labelVideoMp4') ? 'video/mp4' : 'audio/mpeg';
  const answer = ranged(bytes, type, struck.has('noRange') ? undefined : range);
  return struck.has('audioTruncated') ? { ...answer, delivery: 'half' } : answer;
}

/** The bytes, or the one part asked for (RFC 9110, 14.2). Several parts at once are answered with the whole. */
function ranged(bytes: Buffer, type: string, range: string | undefined): Answer {
  const headers = { 'Content-Type': type, 'Accept-Ranges': 'bytes' };
  const parts = range === undefined ? -2 : parseRange(bytes.length, range, { combine: true });
  if (parts === -1) return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${bytes.length}` } };
  const [part] = parts === -2 ? [] : parts;
  if (parts === -2 || part === undefined || parts.length > 1 || parts.type !== 'bytes') return { status: 200, headers, body: bytes };
  const contentRange = `bytes ${part.start}-${part.end}/${bytes.length}`;
  return { status: 206, headers: { ...headers, 'Content-Range': contentRange }, body: bytes.subarray(part.start, part.end + 1) };
}
