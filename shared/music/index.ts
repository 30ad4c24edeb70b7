export { type Download, DownloadFault, type DownloadFaultKind, type DownloadOptions, openDownload } from './openDownload.ts';
export { DEFAULT_MODEL, joinedStyle, MODELS, type Model, type MusicProvider, type ProviderTask, type SongRequest } from './port.ts';
export { ProviderFault, type ProviderFaultKind } from './providerFault.ts';
export { type TopMediaiSettings, topMediai } from './topMediai.ts';
