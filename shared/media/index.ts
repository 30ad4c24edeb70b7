export { AudioUnreadable, createFrameCounter, type FrameCounter, type PlayingTime } from './frameCounter.ts';
export { coverObjectName, songObjectName } from './objectNames.ts';
export { drawCover, inspectPicture, PictureUnreadable } from './pictures.ts';
export {
  type ListedObject,
  MediaFault,
  type MediaFaultKind,
  type MediaStore,
  type StagedObject,
  type StoredObject,
} from './port.ts';
export { type ByteRange, parseRange } from './ranges.ts';
export { mediaStores } from './stores.ts';
export { issueTicket, type TicketClaims, verifyTicket } from './ticket.ts';
