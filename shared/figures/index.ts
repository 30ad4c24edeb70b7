export { DASHBOARD_READS, Dashboard, readDashboard } from './dashboard.ts';
export { dayBefore, type Span, spanOfDay } from './days.ts';
export type { FinishedRequest } from './figures.ts';
export { FigureGatherer, processFigures } from './gatherer.ts';
export { areFiguresLate, recentFigures } from './recent.ts';
export { recountEnded } from './recount.ts';
export { refreshPeriod } from './refreshPeriod.ts';
export { ROLL_UP_BOUNDS, rollUpFigures } from './rollUpFigures.ts';
export { type PeriodSummary, summarizePeriod } from './summary.ts';
