/** The ten accounts of the sample data, in order: `user01@sori.example` … `user10@sori.example`. */
export const people: { displayName: string; locale: 'ko' | 'en' }[] = [
  { displayName: '소리 운영자', locale: 'ko' },
  { displayName: '민서', locale: 'ko' },
  { displayName: 'Ada Holm', locale: 'en' },
  { displayName: '하늘', locale: 'ko' },
  { displayName: 'Jonas', locale: 'en' },
  { displayName: '별이네 라디오', locale: 'ko' },
  { displayName: 'Maya Lindqvist', locale: 'en' },
  { displayName: '도윤', locale: 'ko' },
  { displayName: 'The Night Bus', locale: 'en' },
  { displayName: '은채', locale: 'ko' },
];
