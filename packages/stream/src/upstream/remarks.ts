/**
 * One thing that a manifest of ai-protocol says and that is not taken as it stands, or that it does not say.
 *
 * `filled`: it says nothing of this, and what fills it in is named. `overruled`: it reads something where its provider does not have it, so the
 * right place is read as well. `unused`: it has no effect, and why.
 */
export interface Remark {
  readonly kind: 'filled' | 'overruled' | 'unused'
  /** Where in the manifest, dotted. */
  readonly field: string
  readonly text: string
}

/** Collects remarks; the same one twice is one. */
export class Remarks {
  readonly all: Remark[] = []

  add(kind: Remark['kind'], field: string, text: string): void {
    if (!this.all.some((remark) => remark.field === field && remark.text === text)) this.all.push({ kind, field, text })
  }
}
