export { type InspectedImage, inspectImage } from './inspectImage.ts';
export { drawCover, inspectPicture, PictureUnreadable } from './pictures.ts';
export { Image, ImageMedia, ImageTitle } from './schema.ts';
export { createImage, imageObjectName } from './store.ts';
