-- Distillers used to leave the category among the fields without a column.
UPDATE memories SET category = extra ->> 'category', extra = json_remove(extra, '$.category')
WHERE extra ->> 'category' IN ('technical', 'systems', 'relationship', 'process', 'preference', 'product');
