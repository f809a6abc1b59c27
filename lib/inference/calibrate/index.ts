export { measureStatistics } from './statistics.ts';
export { type MeasuredValue, measuredValues } from './values.ts';
