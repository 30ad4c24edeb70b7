export { type InspectedImage, inspectImage } from './inspectImage.ts';
export { Image, ImageMedia, ImageTitle } from './schema.ts';
export { createImage, imageObjectName } from './store.ts';
