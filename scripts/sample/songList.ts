export interface SampleSong {
  title: string;
  style: string;
  /** What the lyrics are about; without it the song is an instrumental. */
  about?: string;
  /** Number of the owner's account, from 1. */
  owner: number;
  seconds: number;
  likes: number;
  plays: number;
}

/** The 27 songs. They are short: all of them are made while somebody waits for the first start. */
export const songList: SampleSong[] = [
  { title: '비 오는 서울의 밤', style: '잔잔한 피아노 발라드', about: '서울과 밤비', owner: 2, seconds: 16, likes: 41, plays: 903 },
  {
    title: 'Harbour Lights',
    style: 'warm folk, acoustic guitar',
    about: 'harbour lights in autumn',
    owner: 3,
    seconds: 12,
    likes: 18,
    plays: 322,
  },
  { title: '첫눈', style: '느린 발라드, 첼로', about: '첫눈과 골목', owner: 4, seconds: 12, likes: 27, plays: 511 },
  { title: 'Night Bus to Busan', style: 'lo-fi hip hop, dusty drums', owner: 9, seconds: 13, likes: 33, plays: 1204 },
  { title: '한강 자전거', style: '신나는 댄스 팝', about: '한강 바람과 자전거', owner: 2, seconds: 12, likes: 22, plays: 487 },
  { title: 'Glass Mountains', style: 'ambient, slow, cinematic', owner: 7, seconds: 12, likes: 9, plays: 140 },
  { title: '골목 끝 고양이', style: '재즈, 경쾌한 피아노', about: '고양이와 골목', owner: 6, seconds: 12, likes: 36, plays: 760 },
  {
    title: 'Paper Planes at Noon',
    style: 'indie pop, bright',
    about: 'paper planes and school',
    owner: 5,
    seconds: 12,
    likes: 14,
    plays: 233,
  },
  { title: '새벽 시장', style: '포크, 통기타', about: '새벽 시장의 불빛', owner: 8, seconds: 12, likes: 11, plays: 198 },
  {
    title: 'Waltz for a Small Kitchen',
    style: 'waltz, gentle',
    about: 'kitchen in the morning',
    owner: 3,
    seconds: 12,
    likes: 19,
    plays: 305,
  },
  { title: '자장가', style: '자장가, 잔잔한', about: '달빛과 자장가', owner: 10, seconds: 12, likes: 44, plays: 1011 },
  { title: 'Concrete Garden', style: 'techno, dark', owner: 9, seconds: 12, likes: 16, plays: 420 },
  { title: '여름 방학', style: '밝은 록, 빠른', about: '여름 방학의 바다', owner: 4, seconds: 12, likes: 25, plays: 590 },
  { title: 'Letters I Never Sent', style: 'sad piano ballad', about: 'letters in a drawer', owner: 7, seconds: 12, likes: 30, plays: 676 },
  { title: '별 헤는 라디오', style: '앰비언트, 우주', owner: 6, seconds: 12, likes: 8, plays: 122 },
  { title: 'Left Hand Blues', style: 'jazz trio, slow', owner: 5, seconds: 12, likes: 12, plays: 201 },
  { title: '다시, 봄', style: '어쿠스틱 인디, 희망', about: '봄과 벚꽃', owner: 10, seconds: 12, likes: 52, plays: 1320 },
  {
    title: 'Satellite Heart',
    style: 'synth pop, upbeat',
    about: 'satellite and heart',
    owner: 7,
    seconds: 12,
    likes: 29,
    plays: 640,
  },
  { title: '편의점 앞에서', style: '힙합, 몽환적인', about: '편의점과 새벽', owner: 8, seconds: 12, likes: 38, plays: 870 },
  { title: 'Snow on the Antenna', style: 'electronic, calm', owner: 9, seconds: 12, likes: 7, plays: 95 },
  { title: '할머니의 라디오', style: '왈츠, 아코디언', about: '할머니의 라디오', owner: 2, seconds: 12, likes: 21, plays: 350 },
  {
    title: 'Run Before the Rain',
    style: 'rock, energetic',
    about: 'rain on the road',
    owner: 3,
    seconds: 12,
    likes: 17,
    plays: 412,
  },
  { title: '천천히 걷자', style: '보사노바, 재즈', about: '오후와 산책', owner: 4, seconds: 12, likes: 24, plays: 455 },
  { title: 'Blue Hour Ferry', style: 'chill lo-fi, soft', owner: 5, seconds: 12, likes: 13, plays: 260 },
  { title: '우주 정류장', style: '일렉트로닉, 밝은', about: '우주 정류장', owner: 6, seconds: 12, likes: 15, plays: 288 },
  {
    title: 'Campfire Arithmetic',
    style: 'folk, campfire, happy',
    about: 'sparks and campfire',
    owner: 7,
    seconds: 12,
    likes: 10,
    plays: 176,
  },
  { title: '막차', style: '느린 피아노, 외로운', about: '막차와 거리', owner: 10, seconds: 12, likes: 35, plays: 799 },
];
