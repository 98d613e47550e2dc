/** What is said in a turn: a question and an answer, of 2 KB each, of words that do not repeat. */
export function turns(count) {
  let state = 1
  const text = () => {
    let said = ''
    while (said.length < 2048) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      said += `${state.toString(36)} `
    }
    return said.slice(0, 2048)
  }
  return Array.from({ length: count }, () => ({ question: text(), answer: text() }))
}
