ALTER TABLE "member" ADD COLUMN "full_name" text GENERATED ALWAYS AS (trim("first_name" || ' ' || "last_name")) STORED;--> statement-breakpoint
CREATE INDEX "action_created_at_index" ON "action" ("created_at");--> statement-breakpoint
CREATE INDEX "member_full_name_index" ON "member" ("full_name");--> statement-breakpoint
CREATE INDEX "item_publication_created_at_index" ON "item_publication" ("created_at");
