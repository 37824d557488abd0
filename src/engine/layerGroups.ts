/** Some of the trained layers, `first` by their place among them, whose matrices are in one tensor. */
export type LayerGroup = { readonly first: number; readonly count: number };

/**
 * The layers in as few groups of about one size as their weights fit in.
 *
 * @param maxBytes weights of a group, unless one layer alone has more
 */
export function layerGroups(nLayers: number, dModel: number, maxBytes: number): LayerGroup[] {
  const fitting = Math.max(1, Math.floor(maxBytes / (4 * dModel * dModel)));
  const groups = Math.ceil(nLayers / fitting);
  const size = Math.ceil(nLayers / groups);
  return Array.from({ length: groups }, (_, i) => ({
    first: i * size,
    count: Math.min(size, nLayers - i * size),
  })).filter(({ count }) => count > 0);
}
