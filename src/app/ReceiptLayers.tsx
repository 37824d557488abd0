import { useState } from "react";

import type { TrainingReceipt } from "../engine/trainingProtocol";
import { type LayerTable, receiptLayers } from "./receiptWords";
import { TwinScroller } from "./TwinScroller";

const name = "Numbers by layer";

/** What a receipt says of each layer, made when it is wanted. */
export function ReceiptLayers({ receipt }: { receipt: TrainingReceipt }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name}</summary>
      {isOpen && (
        <TwinScroller label={name}>
          <Table {...receiptLayers(receipt)} />
        </TwinScroller>
      )}
    </details>
  );
}

function Table({ lenses, rows }: LayerTable) {
  return (
    <table>
      <caption>Held-out KL(final ‖ lens), nats</caption>
      <thead>
        <tr>
          <th scope="col">layer</th>
          {lenses.map(({ of, name }) => (
            <th scope="col" key={of}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ layer, cells }) => (
          <tr key={layer}>
            <th scope="row">{layer}</th>
            {cells.map(({ of, nats }) => (
              <td key={of}>{nats}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
