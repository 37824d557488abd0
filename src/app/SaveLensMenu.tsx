import { useState } from "react";
import { Button, Menu, MenuTrigger, Popover } from "react-aria-components";

import type { LensFormat } from "../engine/protocol";
import { saveLens } from "../state/saveLens";
import { LensItems } from "./LensItems";
import { usePage, useView } from "./stores";

/** Saves a lens with its receipt, in forms that Python reads. */
export default function SaveLensMenu({ lens }: { lens: string }) {
  const { reading, files } = usePage();
  const say = useView((state) => state.say);
  const [host, setHost] = useState<HTMLSpanElement | null>(null);
  const onSave = async (format: LensFormat) => say(await saveLens(files, reading, format, lens));
  return (
    // The menu stays within the page's landmarks.
    <span ref={setHost}>
      <MenuTrigger>
        <Button className="secondary">Save…</Button>
        <Popover
          className="menu-place"
          placement="bottom end"
          offset={4}
          UNSTABLE_portalContainer={host ?? undefined}
        >
          <Menu className="menu">
            <LensItems onSave={onSave} />
          </Menu>
        </Popover>
      </MenuTrigger>
    </span>
  );
}
