import { type MediaStore, mediaStore, mediaStores } from '#shared/media';
import { type MusicProvider, topMediai } from '#shared/music';
import { config, required, type World } from '#shared/runtime';
import { BOUNDS, type Bounds } from './bounds.ts';

/** What the worker works with. */
export interface Worker {
  world: World;
  bounds: Bounds;
  provider: MusicProvider;
  providerBaseUrl: string;
  /** All stores as one. */
  store: MediaStore;
  /** Each by itself. */
  stores: MediaStore[];
  /** Ends when the worker is to stop. */
  signal: AbortSignal;
}

/** The worker that the settings describe. */
export function createWorker(own: Pick<Worker, 'world' | 'signal'>, bounds: Bounds = BOUNDS): Worker {
  const providerBaseUrl = config().TOPMEDIAI_BASE_URL;
  const provider = topMediai({ baseUrl: providerBaseUrl, apiKey: required('TOPMEDIAI_API_KEY'), timeouts: { submitMs: bounds.submitMs } });
  return { ...own, bounds, provider, providerBaseUrl, store: mediaStore(), stores: mediaStores() };
}
