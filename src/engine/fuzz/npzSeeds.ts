import { deflateSync } from "fflate";

import { crc32 } from "../../format/crc32";
import { joined, zipOf } from "../../format/zipTesting";
import { putInteger } from "./mutateBytes";

type Values = { readonly shape: readonly number[]; readonly values: Float32Array };

/** A `.npz` of float32 arrays, as `numpy.savez` or, deflated, `numpy.savez_compressed` writes it. */
export function npzOf(arrays: ReadonlyMap<string, Values>, isDeflated: boolean): Uint8Array {
  return zipOf(
    Array.from(arrays, ([name, array]) => {
      const data = npyOf(array);
      const packed = { data: deflateSync(data), size: data.length, crc: crc32(data), method: 8 };
      return { name: `${name}.npy`, ...(isDeflated ? packed : { data }) };
    }),
  );
}

function npyOf({ shape, values }: Values): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const header = new TextEncoder().encode(`${dict.padEnd(117)}\n`);
  const head = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 0, 0);
  putInteger(head, 8, 2, BigInt(header.length));
  return joined([
    head,
    header,
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  ]);
}
