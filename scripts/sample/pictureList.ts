export interface SamplePicture {
  title: string;
  format: 'jpg' | 'png';
  widthPx: number;
  heightPx: number;
  /** Number of the owner's account, from 1. */
  owner: number;
}

/** The 12 pictures: of several sizes and forms, as people's pictures are. */
export const pictureList: SamplePicture[] = [
  { title: '저녁 파도', format: 'jpg', widthPx: 1600, heightPx: 1067, owner: 1 },
  { title: 'Low Tide', format: 'jpg', widthPx: 1280, heightPx: 1280, owner: 1 },
  { title: '산의 숨', format: 'png', widthPx: 900, heightPx: 1200, owner: 1 },
  { title: 'Signals', format: 'png', widthPx: 800, heightPx: 800, owner: 2 },
  { title: '도시의 격자', format: 'jpg', widthPx: 2048, heightPx: 1024, owner: 2 },
  { title: 'Orchard', format: 'jpg', widthPx: 1080, heightPx: 1350, owner: 3 },
  { title: '느린 궤도', format: 'png', widthPx: 1024, heightPx: 768, owner: 4 },
  { title: 'Quiet Machines', format: 'jpg', widthPx: 1440, heightPx: 960, owner: 5 },
  { title: '유리 정원', format: 'png', widthPx: 640, heightPx: 960, owner: 6 },
  { title: 'Northern Room', format: 'jpg', widthPx: 1920, heightPx: 1080, owner: 7 },
  { title: '종이 바다', format: 'jpg', widthPx: 1200, heightPx: 800, owner: 8 },
  { title: 'Small Hours', format: 'png', widthPx: 512, heightPx: 512, owner: 9 },
];
