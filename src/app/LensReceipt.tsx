import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";

import type { OpenLensInfo } from "../engine/protocol";
import { ReceiptLayers } from "./ReceiptLayers";
import { ReceiptList } from "./ReceiptList";
import { receiptRows } from "./receiptWords";
import { useReceipt } from "./useReceipt";

/** As `receipt.json` has it, whatever unit the prompt is read in. */
const nats = { unit: "nats", bitsPerByte: 1 } as const;

/** What a lens is made of whose training is known, at a press. */
export default function LensReceipt({ lens }: { lens: OpenLensInfo }) {
  const receipt = useReceipt(lens);
  const [host, setHost] = useState<HTMLSpanElement | null>(null);
  if (!receipt) return null;
  const name = `Receipt of lens ${lens.name}`;
  return (
    // It stays within the page's landmarks.
    <span ref={setHost}>
      <DialogTrigger>
        <Button className="text" aria-label={name}>
          Receipt
        </Button>
        <Popover
          className="menu-place receipt-place"
          placement="bottom end"
          offset={0}
          crossOffset={8}
          UNSTABLE_portalContainer={host ?? undefined}
        >
          <Dialog className="lens-receipt" aria-label={name}>
            <ReceiptList rows={receiptRows(receipt.training, nats)} />
            <ReceiptLayers receipt={receipt.training} />
            {receipt.isGiven && (
              <p className="facts">
                As the receipt that was saved with the lens says it. “Evaluate” on the Train tab
                measures it anew.
              </p>
            )}
          </Dialog>
        </Popover>
      </DialogTrigger>
    </span>
  );
}
