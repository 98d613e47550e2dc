// A run and a model have the same clock, which is core's.
export { CLOCK, type Clock } from '@braid/core'
