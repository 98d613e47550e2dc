import { BraidError } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, flow, Session } from '../src/index.ts'
import { widthOf } from '../src/drawing/width.ts'
import { thrown } from './material.ts'

function article(): Builder {
  const builder = new Builder({ session: new Session({ imodel: scriptedModel('words', { name: 'model' }) }) })
  const facts = builder.generate({ name: 'facts', instruction: 'x' })
  const myths = builder.generate({ name: 'myths', instruction: 'x' })
  const draft = builder.communicate({ name: 'draft', instruction: 'x', contextFrom: [facts, myths], branch: 'text' })
  builder.communicate({ name: 'title', instruction: 'x', branch: 'text', when: () => false })
  builder.task({ name: 'count', run: () => 5, dependsOn: [draft, facts], join: 'any' })
  return builder
}

/** As a browser shows a label: what follows an entity's number is its character. */
function shown(label: string): string {
  return label.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}

test('a plan is a flowchart: what goes into prompts is thick, the order of a shared branch dotted', () => {
  expect(article().toMermaid()).toBe(`flowchart TD
  n0["facts<br/>generate"]
  n1["myths<br/>generate"]
  n2["draft<br/>communicate · on text"]
  n3["title<br/>communicate · on text · when"]
  n4["count<br/>task · join any"]
  n0 ==> n2
  n1 ==> n2
  n2 --> n4
  n0 --> n4
  n2 -.->|"text"| n3`)
})

test('a plan is drawn for a terminal, parents above their children', () => {
  expect(article().toText()).toBe(
    [
      '●      facts  generate',
      '│ ●    myths  generate',
      '├─●┄╮  draft  communicate · on text · ← facts, myths',
      '│ │ ┊',
      '│ │ ●  title  communicate · on text · when',
      '●─╯    count  task · join any',
    ].join('\n'),
  )
})

test('with results, both say what became of everything', async () => {
  const builder = article()
  const error = await thrown('run_failed', async () => {
    builder.task({
      name: 'broken',
      run: () => {
        throw new BraidError('overloaded', 'too many bees')
      },
    })
    builder.task({ name: 'after', dependsOn: builder.get('broken'), run: () => 1 })
    await flow(builder)
  })
  const { results } = error
  const rows = new Map(
    builder
      .toText(results)
      .split('\n')
      .map((row) => /(\S) +(\w+) {2,}(.+?) {2,}/.exec(`${row}  `)?.slice(1) ?? [])
      .map(([symbol, name, became]) => [name, `${symbol} ${became?.replace(/\d+ ms/, '9 ms')}`]),
  )
  expect(rows.get('facts')).toBe('✓ 9 ms, ~2 tokens')
  expect(rows.get('title')).toBe('⊘ its condition was false')
  expect(rows.get('broken')).toBe('✗ overloaded')
  expect(rows.get('after')).toBe('⊘ because of broken')
  const chart = builder.toMermaid(results)
  expect(chart).toMatch(/n0\["✓ facts<br\/>generate<br\/>\d+ ms, #126;\d+ tokens"\]:::completed/)
  expect(chart).toContain('n3["⊘ title<br/>communicate · on text · when<br/>its condition was false"]:::skipped')
  expect(chart).toContain('n5["✗ broken<br/>task<br/>overloaded"]:::failed')
  for (const status of ['completed', 'skipped', 'failed'])
    expect(chart).toMatch(new RegExp(`^  classDef ${status} `, 'm'))
  expect(chart).not.toContain('classDef cancelled')
})

test('what was not part of a run is drawn as not run', async () => {
  const builder = article()
  const results = await flow(builder.get('facts'))
  expect(builder.toText(results)).toMatch(/^✓ .*facts/)
  expect(builder.toText(results)).toMatch(/^. ○ .*myths/m)
})

function book(): Builder {
  const builder = new Builder()
  const outline = builder.task({ name: 'outline', run: () => ['one', 'two'] })
  const style = builder.task({ name: 'style', run: () => 'dry' })
  const chapters = builder.expand({
    name: 'chapters',
    dependsOn: outline,
    items: (results) => results.get(outline),
    each: (item, sub) => {
      const draft = sub.task({ name: 'draft', branch: 'book', run: () => item })
      return sub.task({ name: 'polish', contextFrom: [draft, style], run: () => item })
    },
    max: 5,
  })
  const review = builder.subgraph({
    name: 'review',
    dependsOn: chapters,
    build: (sub) => {
      const views = sub.fanOut(['facts', 'tone'], (name) => sub.task({ name, run: () => name }))
      return sub.task({ name: 'judge', dependsOn: views, run: () => 'good' })
    },
  })
  const source = builder.task({ name: 'print', branch: 'book', dependsOn: review, run: () => 1 })
  builder.task({ name: 'watch', streamFrom: source, run: () => 1 })
  return builder
}

test('what is inside of an operation is drawn inside of it, once it was built', async () => {
  const builder = book()
  expect(builder.toText().split('\n')).toEqual([
    '●        outline       task',
    '│ ●      style         task',
    '●        chapters      expand',
    '●        review        subgraph',
    '│   ●    review/facts  task',
    '│   │ ●  review/tone   task',
    '│   ●─╯  review/judge  task',
    '●        print         task · on book',
    '●        watch         task · reads print',
  ])
  const results = await flow(builder)
  const rows = builder.toText(results, { width: 120 }).replace(/\d+ ms +/g, 'N  ')
  expect(rows.split('\n')).toEqual([
    '✓          outline            N  task',
    '│ ✓        style              N  task',
    '✓─┴┄╮      chapters           N  expand',
    '│   ┊ ✓┄╮  chapters/0/draft   N  task · on book',
    '│   ┊ ✓ ┊  chapters/0/polish  N  task · ← chapters/0/draft, style',
    '│   ┊   ✓  chapters/1/draft   N  task · on book',
    '│   ┊   ✓  chapters/1/polish  N  task · ← chapters/1/draft, style',
    '✓   ┊      review             N  subgraph',
    '│   ┊ ✓    review/facts       N  task',
    '│   ┊ │ ✓  review/tone        N  task',
    '│   ┊ ✓─╯  review/judge       N  task',
    '✓┄─┄╯      print              N  task · on book',
    '✓          watch              N  task · reads print',
  ])
})

test('in Mermaid, a group is a box, and so is a fan-out', async () => {
  const builder = book()
  const results = await flow(builder)
  expect(builder.toMermaid(results).replace(/\d+ ms/g, 'N')).toBe(`flowchart TD
  n0["✓ outline<br/>task<br/>N"]:::completed
  n1["✓ style<br/>task<br/>N"]:::completed
  subgraph n2["✓ chapters<br/>expand<br/>N"]
    n3["✓ chapters/0/draft<br/>task · on book<br/>N"]:::completed
    n4["✓ chapters/0/polish<br/>task<br/>N"]:::completed
    n5["✓ chapters/1/draft<br/>task · on book<br/>N"]:::completed
    n6["✓ chapters/1/polish<br/>task<br/>N"]:::completed
  end
  class n2 completed
  subgraph n7["✓ review<br/>subgraph<br/>N"]
    subgraph fan-n8[" "]
      n8["✓ review/facts<br/>task<br/>N"]:::completed
      n9["✓ review/tone<br/>task<br/>N"]:::completed
    end
    n10["✓ review/judge<br/>task<br/>N"]:::completed
  end
  class n7 completed
  n11["✓ print<br/>task · on book<br/>N"]:::completed
  n12["✓ watch<br/>task<br/>N"]:::completed
  n0 --> n2
  n2 --> n7
  n7 --> n11
  n11 -->|"stream"| n12
  n2 -.->|"book"| n11
  n3 ==> n4
  n1 ==> n4
  n5 ==> n6
  n1 ==> n6
  n3 -.->|"book"| n5
  n8 --> n10
  n9 --> n10
  classDef completed stroke:#1a7f37,stroke-width:2px`)
})

const NAMES = [
  ...['end', 'subgraph', 'click', '1. list', '- dash', '`code`', '"quoted"', 'a]b', '</div><script>', '%% comment'],
  ...['style: a:b#', 'classDef x:#;', '#35;', 'a;b', '{{}}', '||', 'x--y', '*bold*', '__b__', '~~s~~', 'www.x.com'],
  ...['a@b.c', 'A&amp;B', '$$x$$', 'fa:fa-car', 'chapters/3/polish', 'draft-1', 'e\u0301', '日本語', '🎉'],
]

test('a name is what it is, whatever it would mean in Mermaid, Markdown or HTML', () => {
  const builder = new Builder()
  for (const name of NAMES) builder.task({ name, run: () => 1, branch: name })
  for (const name of NAMES) builder.task({ name: `${name}!`, run: () => 1, branch: name })
  const rows = builder.toMermaid().split('\n')
  expect(rows).toHaveLength(1 + NAMES.length * 3)
  // Outside of labels there is nothing that a user wrote, and a label is made of harmless characters and entities.
  const label = /"((?:[\p{L}\p{N}\p{M} ,]|(?<=[\p{L}\p{N}])[-_/](?=[\p{L}\p{N}])|#\d+;|<br\/>| · )+)"/u
  const node = new RegExp(`^  n\\d+\\[${label.source}\\]$`, 'u')
  const edge = new RegExp(`^  n\\d+ -\\.->\\|${label.source}\\| n\\d+$`, 'u')
  const labels = rows.slice(1, 1 + NAMES.length * 2).map((row) => node.exec(row)?.[1] ?? `no node: ${row}`)
  expect(labels.map((each) => shown(each.split('<br/>')[0] ?? ''))).toEqual([
    ...NAMES,
    ...NAMES.map((each) => `${each}!`),
  ])
  const branches = rows.slice(1 + NAMES.length * 2).map((row) => edge.exec(row)?.[1] ?? `no edge: ${row}`)
  expect(branches.map(shown)).toEqual(NAMES)
})

test('a name cannot break its line, move the cursor or turn the text around', () => {
  const builder = new Builder()
  builder.task({ name: 'two\nlines \u001b[31mred \u202eright\u2028 \ud800', run: () => 1 })
  const plain = 'two\\nlines \\u001b[31mred \\u202eright\\u2028 \\ud800'
  expect(builder.toText(undefined, { width: 200 })).toBe(`●  ${plain}  task`)
  expect(shown(builder.toMermaid())).toContain(plain)
})

test('no row is wider than asked for, also where letters are wide, and thirty operations are thirty rows', () => {
  const builder = new Builder()
  const first = builder.task({ name: '起草', run: () => 1 })
  const fan = builder.fanOut(
    Array.from({ length: 8 }, (_, index) => index),
    (index) =>
      builder.task({ name: `調査の段階 ${index} 🎉`, run: () => 1, dependsOn: first, branch: `枝 ${index % 4}` }),
  )
  let last = builder.task({ name: 'join', run: () => 1, dependsOn: fan })
  for (let index = 0; index < 20; index += 1) {
    last = builder.task({ name: `step-${index}`, run: () => 1, dependsOn: last })
  }
  for (const width of [20, 40, 80, 200]) {
    const rows = builder.toText(undefined, { width }).split('\n')
    expect(Math.max(...rows.map(widthOf))).toBeLessThanOrEqual(width)
    expect(rows).toHaveLength(30)
  }
})

test('where there is no room for lines, each row names what it comes after', () => {
  const builder = new Builder()
  const roots = Array.from({ length: 20 }, (_, index) => builder.task({ name: `r${index}`, run: () => 1 }))
  builder.task({ name: 'all', run: () => 1, dependsOn: roots, branch: 'b' })
  builder.task({ name: 'next', run: () => 1, branch: 'b', contextFrom: roots[0] as (typeof roots)[0] })
  const rows = builder.toText(undefined, { width: 60 }).split('\n')
  expect(rows).toHaveLength(22)
  expect(rows.at(-2)).toMatch(/^● {2}all {3}task · on b · after r0, r1, .*…$/)
  expect(rows.at(-1)).toBe('●  next  task · on b · ← r0 · in turn after all')
})

test('an empty plan, and one of three thousand operations, are drawn', () => {
  const builder = new Builder()
  expect(builder.toMermaid()).toBe('flowchart TD')
  expect(builder.toText()).toBe('')
  let last = builder.task({ run: () => 1 })
  for (let index = 1; index < 3_000; index += 1) last = builder.task({ run: () => 1, dependsOn: last })
  expect(builder.toText().split('\n')).toHaveLength(3_000)
  expect(builder.toMermaid().split('\n')).toHaveLength(1 + 3_000 + 2_999)
})

test('results of another builder, and what are no results, are named errors', async () => {
  const [one, other] = [article(), article()]
  const results = await flow(other)
  await thrown('foreign_operation', () => one.toMermaid(results))
  await thrown('foreign_operation', () => one.toText(results))
  await thrown('invalid_request', () => one.toText({} as never))
  await thrown('invalid_request', () => one.toText(undefined, { width: 0 }))
  await thrown('invalid_request', () => one.toText(undefined, { widht: 80 } as never))
})
