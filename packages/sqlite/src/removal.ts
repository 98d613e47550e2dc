import type { Database } from './driver.ts'

/**
 * Takes branches away. What a fork shares with a branch is rows of that branch, so a branch with forks stays as the owner of these rows, without
 * a name; it goes with the last of its forks. Messages that nobody has any more stay until the file is pruned.
 */
export class Removal {
  readonly #forks
  readonly #parent
  readonly #hide
  readonly #trim
  readonly #clear
  readonly #remove

  constructor(db: Database) {
    this.#forks = db.prepare<[number], number | null>('SELECT max(shared) FROM branches WHERE parent = ?').pluck()
    this.#parent = db
      .prepare<[number], number | null>(
        'SELECT parent FROM branches WHERE key = ? AND parent IN (SELECT key FROM branches WHERE deleted = 1)',
      )
      .pluck()
    // No name that a person would choose: that it was taken says nothing.
    this.#hide = db.prepare<[number]>(
      "UPDATE branches SET deleted = 1, system = NULL, name = 'deleted/' || id WHERE key = ?",
    )
    this.#trim = db.prepare<[number, number]>('DELETE FROM entries WHERE branch = ? AND position > ?')
    this.#clear = db.prepare<[number]>('DELETE FROM entries WHERE branch = ?')
    this.#remove = db.prepare<[number]>('DELETE FROM branches WHERE key = ?')
  }

  remove(branch: number): void {
    let key: number | null | undefined = branch
    while (typeof key === 'number') {
      const shared: number | null | undefined = this.#forks.get(key)
      if (typeof shared === 'number') {
        this.#hide.run(key)
        this.#trim.run(key, shared)
        return
      }
      const parent: number | null | undefined = this.#parent.get(key)
      this.#clear.run(key)
      this.#remove.run(key)
      key = parent
    }
  }
}
