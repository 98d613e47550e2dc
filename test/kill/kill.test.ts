import { expect, test } from 'vitest'
import { random } from '../support/random.ts'
import { type Left, Victim } from './harness.ts'

/** How many kills, and with which seed: what CI has time for, unless somebody asks for more. */
const KILLS = Number(process.env['BRAID_KILLS'] ?? 15)
const SEED = Number(process.env['BRAID_SEED'] ?? 20_261_128)

/** About as long as the whole run takes. */
const LONGEST_LIFE_MS = 900
const PER_KILL_MS = 10_000

async function undisturbed(): Promise<Left> {
  await using victim = new Victim()
  expect(await victim.live(60_000)).toBe(true)
  return victim.left()
}

test(
  `a run that is killed ${KILLS} times, at any moment, comes to what an undisturbed one comes to; what was shown as ended is there, once`,
  async () => {
    const whole = await undisturbed()
    const next = random(SEED)
    let kills = 0
    while (kills < KILLS) {
      await using victim = new Victim()
      for (let through = false; !through; ) {
        // Late in the test of a victim that is killed early for ever, it gets its time.
        through = await victim.live(kills < KILLS ? next() * LONGEST_LIFE_MS : 60_000)
        if (!through) kills += 1
      }
      expect(await victim.left()).toEqual(whole)
    }
  },
  KILLS * PER_KILL_MS + 60_000,
)
