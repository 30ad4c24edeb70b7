export { DownloadFault, type DownloadOptions, openDownload } from './openDownload.ts';
export { DEFAULT_MODEL, joinedStyle, MODELS, type Model, type MusicProvider, type ProviderTask, type SongRequest } from './port.ts';
export { ProviderFault } from './providerFault.ts';
export { topMediai } from './topMediai.ts';
