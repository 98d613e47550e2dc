/** How many nodes of a layer stand side by side; each depends on all of the layer before. */
const WIDTH = 10

/**
 * The graphs that everyone schedules: for each node, the places of its parents, all of them earlier ones.
 * @param {string} shape
 * @param {number} size
 * @returns {number[][]}
 */
export function graph(shape, size) {
  return Array.from({ length: size }, (_, place) => parents(shape, place))
}

function parents(shape, place) {
  switch (shape) {
    case 'chain':
      return place === 0 ? [] : [place - 1]
    case 'fan-out':
      return place === 0 ? [] : [0]
    case 'layers': {
      const first = place - (place % WIDTH) - WIDTH
      return first < 0 ? [] : Array.from({ length: WIDTH }, (_, index) => first + index)
    }
    default:
      throw new Error(`no shape is called ${shape}`)
  }
}
